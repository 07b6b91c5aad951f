create extension citext;
create extension pg_trgm;
create table t (a citext, b text);
create index t_b on t using gin (b gin_trgm_ops);
