create function f() returns trigger language plpgsql as 'begin return new; end';
create table t (id int, a text);
create table log (id int);
create trigger changed before update on t for each row execute function f();
create trigger gone after insert on t execute function f();
create trigger off after insert on t execute function f();
create rule keep as on delete to t do instead nothing;
create view v as select id from t;
