create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create unlogged table "A" (id int primary key);
create table a (id int, n int);
create table "a before" (id int, n bigint);
create trigger touched before update of n on "a before" for each row execute function touch();
create index on "a before" (id);
