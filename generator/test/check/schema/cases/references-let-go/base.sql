create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create table "A" (id int primary key);
create table a (id int, n int, constraint refers foreign key (id) references "A");
create table "a before" (id int, n int);
create trigger touched before update of n on "a before" for each row execute function touch();
