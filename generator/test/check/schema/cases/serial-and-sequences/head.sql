create table t (id bigserial primary key, n int default nextval('t_id_seq'));
create sequence loose as smallint increment by -1 minvalue -50 maxvalue 50 start 3 cache 4;
create table u (id serial primary key, other int);
create sequence adopted owned by u.other;
