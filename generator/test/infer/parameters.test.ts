import { join } from "node:path";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";
import { catalogReader } from "../catalog-reader.ts";
import { expectedAnswers } from "./answers.ts";

/**
 * What is said of parameters, place by place: the name, whether NULL makes sense, whose values they are, what rows they hold. The
 * answers stand in `parameters.expected.txt` (`UPDATE_EXPECTED=1` accepts what is said now).
 */
const SCHEMA = `
  create type size as enum ('s', 'm', 'l');
  create type addr as (street text, no int);
  create domain code as varchar(9) check (value in ('p', 'q'));
  create domain label as text;
  create table person (id int primary key, name text not null, nick text, city label, vip boolean not null default false, born date, home addr, tags text[], nums int[] not null default '{}', doc jsonb, size size, code code not null default 'p', kind text not null default 'a' check (kind in ('a', 'b')), rank int not null default 1 check (rank in (1, 2)), fixed char(1), cash money);
  create table item (id int primary key, person_id int not null references person, qty int not null, note varchar(20), at timestamptz not null default now());
  create table made (id int generated always as identity primary key, a int not null, b int generated always as (a + 1) stored);
  create view named as select id as person_id, name as called, upper(nick) as shouted from person;
  create function greet(who text, times int default 1) returns text language sql as 'select who';
  create function paired(text, text) returns text language sql as 'select $1 || $2';
`;

const QUERIES: readonly string[] = `
select id from person where id = $1 and name = $2 and nick = $3 and city = $4;
select id from person where name like $1 and nick ilike $2 and kind like $3 and name ~ $4 and kind || $5 = 'ab';
select id from person where kind = $1 or kind <> $2 or kind < $3 or kind in ($4, 'b') or kind = any ($5) or kind <> all ($6) or kind is distinct from $7;
select id from person where code = $1 and size = $2 and rank = $3 and fixed = $4 and rank = any ($5) and code = any ($6);
select id from person where kind::varchar = $1 and upper(kind) = $2 and rank::text = $3 and kind = $4::varchar and kind = $5::char(1);
select id from person where lower(nick) = $1 and coalesce(nick, name) = $2 and coalesce(nick, '-') = $3 and paired(nick, name) = $4 and paired(nick, 'x') = $5;
select id from person where born between $1 and $2 and born + $3::int > now() and not $4 and ($5 or vip) and vip = $6;
select id from person where ($1::text is null or name = $1) and ($2::int is null or id > $2) and $3::text is not null;
select v from jsonb_populate_record_valid(null::item, $1) as v;
select id from person where nick = $1 and (name = 'x' or $1 is null) and nick = $2 and coalesce($2, 'y') <> '';
select id from person where (id, name) = ($1, $2) and (id, name) > ($3, $4) and row (nick, id) < row ($5, $6);
select id from person where $1 = id and $2 > born and $3 = any (nums) and $4 <> all (tags);
select id from person where id = any ($1) and id in (select unnest($2::int[])) and name = any (array[$3, $4]) and id = any (array_cat($5::int[], nums));
select id from person where id in (select person_id from item where qty > $1) and exists (select from item i where i.person_id = person.id and i.note = $2) and $3 in (select nick from person) and ($4, $5) in (select id, note from item);
select id from person where doc -> $1 = '1' and doc ->> $2 = $3 and doc @> $4 and doc ? $5 and tags && $6 and tags @> array[$7] and nums || $8 = nums;
select id from person where (home).street = $1 and tags[$2] = $3 and nums[$4:$5] = $6 and cash > $7::numeric::money;
select $1::text as label, $2::int + 1 as next, $3 || name as full, concat(name, $4::text) as all, $5::size as size, array[$6, name] as both, row ($7::int, id) as r from person;
select coalesce($1, name) as a, greatest($2, id) as b, nullif(name, $3) as c, nullif($4, name) as d, case when $5 then $6 else name end as e, case size when $7 then 1 else 2 end as f, case $8::int when id then 'x' end as g from person;
select greet($1) as a, greet(times => $2, who => $3) as b, paired($4, $5) as c, length($6) as d, left($7, $8) as e, make_interval(days => $9) as f, now() + $10::interval as g;
select id::text = $1 as a, cast($2 as int) as b, $3::label as c, $4::code as d, ($5::addr).street as e, $6::int::text as f, $7::text::int as g from person;
select id from person order by case when $1 = 'name' then name else nick end, id = $2 desc limit $3 offset $4;
select id from person order by id fetch first ($1 + 1) rows only;
select kind, count(*) as n from person where city = $1 group by kind having count(*) > $2 and max(nick) = $3;
select sum(qty) over (partition by person_id order by id rows between $1 preceding and $2 following) as s, lag(qty, $3, $4) over (order by $5::int) as l from item;
select count(*) filter (where qty > $1) as a, string_agg(note, $2 order by id = $3) as b, percentile_cont($4) within group (order by qty) as c, array_agg(distinct qty + $5) as d from item;
select id from person tablesample bernoulli ($1) repeatable ($2);
select * from (values ($1, $2::text), (2, 'b')) v (id, label);
values ($1::int, $2::text);
select x.tag from (select id, $1::text as tag from person) x where x.tag = $2 and x.id = $3;
with p as (select $1::int as i, $2::text as n), q as (select i, n from p union all select id, $3 from person) select person.id from person, q where person.id = q.i and person.nick = q.n;
with recursive r as (select $1::int as n union all select n + $2 from r where n < $3) select n from r;
with gone as (delete from item where person_id = $1 returning qty) select sum(qty) as s from gone where qty > $2;
select p.id from person p join item i on i.person_id = p.id and i.qty > $1 left join item j on j.id = $2 and j.note = $3, lateral (select $4::text as t) l;
select id from person where nick = $1 union select id from item where note = $2 except select $3;
select u.id, u.n from unnest($1::int[], $2::text[]) as u (id, n) join person p on p.id = u.id and p.nick = u.n;
select u from unnest($1::text[]) with ordinality u (u, n) where n < $2;
select * from rows from (unnest($1::int[]), generate_series(1, $2)) as r (a, b);
select * from generate_series($1::int, $2, $3) g;
select r.id, r.name from jsonb_to_recordset($1) as r (id int, name text);
select r.* from json_to_record($1::json) as r (id int, nick text);
select p.id from person p join jsonb_to_recordset($1::jsonb) as r (id int, nick text, other date) on r.id = p.id and r.nick = p.nick;
select r.street from jsonb_populate_recordset(null::addr, $1) r;
select r.street, r.no from json_populate_record(null::addr, $1) r where r.no = $2;
select r from jsonb_to_recordset($1) as r (id int) where r.id = $2 and jsonb_array_length($1) > 1;
select r.a from json_populate_record(row ('x', 1)::addr, $1) r (a, b);
select * from jsonb_to_recordset($1) as a (id int), jsonb_to_record($1) as b (id int);
select * from jsonb_to_recordset($1) as a (id int) join jsonb_to_recordset($1) as b (id int, n text) using (id);
select * from json_table($1::jsonb, '$[*]' passing $2::int as x columns (a int path '$.a'));
select * from xmltable('/r' passing ($1::xml) columns a int path 'a' default $2);
insert into person (id, name, nick, city, vip, born, tags, nums, doc, size, code, kind, rank, fixed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);
insert into person (id, name, home.street, tags[1]) values ($1, upper($2), $3, $4) returning id, $5::text as told;
insert into person (id, name, vip) values ($1, $2, default), ($3, coalesce($4, '-'), $5);
insert into person (id, name) select id, name from unnest($1::int[], $2::text[]) u (id, name);
insert into person (id, name, nick) select r.id, r.name, r.nick from jsonb_to_recordset($1) as r (id int, name text, nick text);
insert into person (id, name) select v.i, v.n from (values ($1::int, $2::text), ($3, $4)) v (i, n) where v.n <> $5;
insert into person (id, name) with p as (select $1::int as i) select p.i, coalesce($2::text, 'x') from p;
insert into person (id, name) select $1::int, $2::text union all select $3, $4;
insert into person (id, name, nick) values ($1, $2, $3) on conflict (id) do update set nick = $4, name = excluded.name || $5 where person.vip = $6 and excluded.nick <> $7;
insert into item (id, person_id, qty, note) values ($1, (select id from person where name = $2), $3 + 1, $4::text);
insert into made (a) values ($1::bigint) returning id, b;
insert into named (person_id, called) values ($1, $2);
update person set nick = $1, name = coalesce($2, name), vip = not $3, rank = rank + $4, tags[$5] = $6, home.no = $7 where id = $8;
update person set (nick, vip) = ($1, $2), (name, city) = (select $3, $4::text) where kind = $5 returning id;
update person p set nick = i.note from item i where i.person_id = p.id and i.qty > $1 and p.name = $2;
update named set called = $1 where person_id = $2 and shouted = $3;
delete from item using unnest($1::int[]) x (id) where item.id = x.id and item.note = $2;
delete from person where id = $1 returning name = $2 as same;
merge into person p using (values ($1::int, $2::text)) v (id, name) on p.id = v.id and p.vip = $3 when matched and p.nick = $4 then update set name = v.name, nick = $5 when not matched then insert (id, name, nick) values (v.id, v.name, $6);
select id from person where $1 = $2 and $3 > 1;
select person.*, $1::text from person, named n where n.called = $2 and n.person_id = $3;
select t from person t where t = $1 and t.nums = $2 and t.home = $3;
select id from person where nick = any ($1::varchar[]) and id = any ($2::bigint[]) and nick = $3::text collate "C";
select json_build_object('a', $1::int, 'b', $2::text) as a, jsonb_set(doc, $3, $4) as b, json_object('k': $5::text) as c, json_array($6::int, $7::text) as d from person;
select date_trunc($1, at) as a, extract(year from at) + $2 as b, at at time zone $3 as c, to_char(at, $4) as d from item;
select id from person where id = $1 for update;
update person set nick = $1::int::text where id = $1;
insert into person (id, name, nick) values (1, 'a', 'b') on conflict (nick) where kind = $1 do nothing;
with x as (select id from person where nick = $1) insert into person (id, name) select x.id, $1 from x;
select p.id from generate_subscripts($1::int[], 1) s (i) join person p on p.id = s.i;
select id from item where note = $1::varchar::varchar(5) and note = $2;
select id from person where kind = $1::varchar(1) and kind = $2;
insert into item (id, person_id, qty, note) values ($1, $2, $3, $4::varchar);
select id from person where ($1, $2) in (select id, name from person) and $3 = any (select nick from person);
select p.id from person p where p.nums[$1] = $2 and p.id = (case when $3 then $4 else 1 end);
`
  .split(/;\s*\n/)
  .map((sql) => sql.trim())
  .filter((sql) => sql !== "");

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(SCHEMA);
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
const answers = expectedAnswers(join(import.meta.dirname, "parameters.expected.txt"));
afterAll(async () => {
  answers.close();
  await engine.close();
});

test.each(QUERIES)("%s", async (sql) => {
  const [source] = readQueries("query.sql", `-- name: Q :exec\n${sql};\n`).queries;
  const result = await analyzeQuery(source!, engine, catalog);
  if (!("query" in result)) throw new Error(`${result.diagnostics[0]?.message}\n${sql}`);
  const { said, expected } = answers.of(sql, result.query);
  expect(said).toBe(expected);
});
