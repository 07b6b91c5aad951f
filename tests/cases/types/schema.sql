create type color as enum ('red', 'dark blue', 'it''s "odd" \ */ `${x}');
create type address as (street text, zip int, colors color[], placed point);
create type person as (name text, home address, nicks text[], born timestamptz);
create domain email as text check (value like '%');
create domain size as text check (value in ('s', 'm', 'l'));
create domain required as int not null;
create domain emails as email[];
create type span as range (subtype = numeric);
create table everything (
  a_bool bool not null, a_int2 int2 not null, a_int4 int4 not null, a_int8 int8 not null, a_oid oid not null,
  a_float4 float4 not null, a_float8 float8 not null, a_numeric numeric(10, 2), a_money money not null,
  a_text text not null, a_varchar varchar(9) not null, a_char char(4) not null, a_name name not null, a_bytea bytea not null,
  a_uuid uuid not null, a_date date not null, a_time time not null, a_timetz timetz not null,
  a_timestamp timestamp not null, a_timestamptz timestamptz not null, a_interval interval not null,
  a_json json not null, a_jsonb jsonb not null, a_xml xml, a_jsonpath jsonpath not null,
  a_inet inet not null, a_cidr cidr not null, a_macaddr macaddr not null, a_macaddr8 macaddr8 not null,
  a_bit bit not null, a_varbit varbit not null,
  a_point point not null, a_line line not null, a_lseg lseg not null, a_box box not null, a_path path not null, a_polygon polygon not null, a_circle circle not null,
  a_tsvector tsvector not null, a_tsquery tsquery not null, a_lsn pg_lsn not null,
  a_int4range int4range not null, a_int8range int8range not null, a_numrange numrange not null, a_daterange daterange not null, a_tstzrange tstzrange not null,
  a_multirange int4multirange not null, a_span span not null,
  a_color color not null, a_address address not null, a_person person, a_email email not null, a_size size not null, a_required required, a_emails emails
);
create table arrays (
  bools bool[] not null, ints int[] not null, bigs int8[] not null, texts text[] not null, uuids uuid[], stamps timestamptz[] not null, docs jsonb[] not null, blobs bytea[] not null,
  colors color[] not null, addresses address[] not null, people person[], mails email[] not null, sizes size[] not null, spans int4range[] not null, boxes box[] not null, numbers numeric[] not null, words varchar(3)[] not null
);
create table nullable (b bool, i int, l int8, d date, j json, y bytea, c color, a address, e email, r int4range, m int4multirange, xs int[]);
