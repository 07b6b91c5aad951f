create role diff_reader;
create extension citext;
revoke execute on function citext_eq(citext, citext) from public;
grant execute on function min(citext) to diff_reader;
