create role diff_reader;
create extension citext;
create extension pg_trgm;
revoke execute on function similarity(text, text) from public;
grant execute on function similarity(text, text) to diff_reader with grant option;
grant execute on function min(citext) to diff_reader;
revoke execute on function min(citext) from public;
grant usage on type citext to diff_reader;
