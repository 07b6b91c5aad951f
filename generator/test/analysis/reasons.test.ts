import { join } from "node:path";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { PARAM_REASON_SENTENCES } from "../../src/model/param-reason.ts";
import type { Query } from "../../src/model/query.ts";
import { allowsNull, REASON_SENTENCES, stepsOf } from "../../src/model/reason.ts";
import { ROW_REASON_SENTENCES } from "../../src/model/row-count.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";
import { catalogReader } from "../catalog-reader.ts";
import { expectedAnswers } from "../infer/answers.ts";

// Each reason that there is a sentence for is given by some query, so that none is kept that nothing gives any more.

const SCHEMA = `
  create domain sure as text not null;
  create type pair as (a int, b text);
  create type one_a as enum ('x', 'y');
  create table t (id int primary key, n int, s text not null, c text check (c is not null), d sure, kind text check (kind in ('a', 'b')),
    p pair, arr int[] not null, j jsonb not null, paid timestamptz, state text not null, check (state <> 'paid' or paid is not null));
  create table u (id int primary key, t_id int not null references t);
  create materialized view m as select n from t where false;
  create table late (x int); create materialized view late_view as select x from late; alter table late alter x set not null;
  create view v as select id, n from t;
  create view w as select id, n from t;
  create function off() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger off instead of insert on w for each row execute function off();
  create table picky (id int primary key);
  create function pick() returns trigger language plpgsql as $$ begin return null; end $$;
  create trigger pick before insert on picky for each row execute function pick();
  create foreign data wrapper f; create server f foreign data wrapper f; create foreign table remote (id int) server f;
  create function sql_one() returns int language sql as $$ select 1 $$;
  create function may_find(a int) returns int language sql as $$ select id from t where id = a $$;
  create function unknown_to_us(int) returns int language plpgsql as $$ declare x int; begin return x; end $$;
  create function rows_of() returns setof t language plpgsql as $$ begin return query select * from t; end $$;
`;

const QUERIES = [
  "select id, n, s, c, d, (p).a, t from t",
  "select m.n from m",
  "select a.id, b.id as other from t a left join u b on b.id = a.n",
  "select a.id, b.id as other, coalesce(a.id, b.id) as either from t a full join u b on b.id = a.n",
  "select id, n, count(*) from t group by rollup (id), n",
  "select null::int as a, $1::int as b, nullif(s, 'x') as c, unknown_to_us(id) as d, greatest(n, n) as e, coalesce(n, n) as f from t",
  "select max(n), count(*), sum(id) filter (where n > 1), max(id) from t",
  "select max(id) filter (where n > 0) as m, array_agg(id), sum(n) from t group by s",
  "select lag(s) over (), first_value(s) over (rows between 2 preceding and 1 preceding), first_value(s) over (), row_number() over (), sum(id) over () from t",
  "select (select id from t where id = $1) as a, (select n from t limit 1) as b, (select count(*) from t) as c, exists (select 1) as d",
  "select n = any (arr) as a, 1 = any (arr) as b, case when n > 1 then 1 end as c, case when s = 'x' then n else 1 end as d, case when s = 'x' then 1 else 2 end as e from t",
  "select arr[1] as a, (array[n, 1])[1] as b, array[1, 2] as c from t",
  "select n from t where n is not null",
  "select case when n is not null then n else 0 end as n from t",
  "select n from t group by n having n > 0",
  "select max(n) as a from t group by id having count(n) > 0",
  "select b.n from u a join t b on b.n = a.id",
  "select sum(n) filter (where n is not null) over () from t",
  "select paid from t where state = 'paid'",
  "select b.s from u a left join t b on b.id = a.t_id",
  'select id as "id?", n as "n!" from t',
  "select 'x'::sure as a, n::sure as b from (select s as n from t) x",
  "select lower(s) as a, now() as b, current_schema as c, id + 1 as d, concat(s, n) as e, substring(s from 'x') as f from t",
  "select unnest(arr), generate_series(1, 2) from t",
  "select * from rows_of()",
  "select x, o from generate_series(1, 2) with ordinality g (x, o)",
  "select n from t union select id from t",
  "select id from t union select id from u",
  "select n from t intersect select id from u",
  "select n from t intersect select n from t",
  "insert into t (id, n, s, arr, j, state) values (1, 2, 'x', '{}', '{}', 'a') returning n, s, d",
  "update t set n = 1 where id = 1 returning n, ctid, old.n as was, new.n as is_now",
  "insert into t (id, s, arr, j, state) values (1, 'x', '{}', '{}', 'a') returning old.id as a",
  "delete from t where id = 1 returning new.id as a",
  "insert into w (id) values (1) returning id, n",
  "merge into t using u on t.id = u.id when not matched by source then delete when matched then update set n = 1 returning u.id, t.id",
  "select json_value(j, '$.a') as a, j -> 'a' as b from t",
  "select json_build_object('a', id) -> 'a' as a, json_build_object('a', n) ->> 'a' as b from t",
  "with recursive r as (select 1 as n union all select t.n from t, r where t.id = r.n) select n from r",
  "with recursive r as (select id as n from t union all select n + 1 from r where n < 5) cycle n set looped using path select n, looped, path from r",
  "with recursive r as (select id as n from t union all select n + 1 from r where n < 5) cycle n set looped to 'y' default null using path select looped from r",
  "select may_find(1) as a, case when n is null then 1 when n is not null then 2 end as b from t",
  "select sql_one() as a, $1 as b from t where s = $1",
  "select jsonb_set(j, '{a}', '1') as a, (row(1, n)).f2 as b, array_agg(n) over () as c from t",
  "select g.x from (values (1), (null)) g (x)",
  "select * from jsonb_to_recordset('[]') as x (a int)",
  "select sum(id), s from t group by s",
  "select id from t tablesample system (10)",
  "select xmlforest(n) as a, pg_typeof(n) as b from t",
  "select upper(kind) as a, ctid, array_remove(arr, null) as b from t",
  "select array_agg(n) filter (where n is not null) as c from t",
  "update t set p.a = 1 where id = 1 returning p",
  "select a.id, b.id as other from u a left join t b on b.id = a.t_id",
  "select x from late_view",
  "select * from (select 1 as x) s for update",
  // How many rows, and what parameters meet.
  "values (1), (2)",
  "select 1 limit $1 offset $2",
  "select 1 limit 1",
  "select count(*) from t group by ()",
  "select count(*) from t having count(*) > 1",
  "select n, count(*) from t where n = $1 group by n",
  "select n, count(*) from t group by grouping sets ((n), ())",
  "select id from t where id = 1",
  "select id from t where n = 1",
  "select id from t union all select 1",
  "select 1 as n except select id from t",
  "select generate_series(1, 2)",
  "select 1 for update",
  "select * from generate_series(1, 2)",
  "insert into u (id, t_id) values (1, $1), (2, $2) returning id",
  "insert into u (id, t_id) values (1, 2) on conflict do nothing returning id",
  "insert into picky values (1) returning id",
  "insert into remote values (1) returning id",
  "insert into u (id, t_id) values ($1, $2)",
  "update t set n = $1, s = $2 where id = $3 and n = $4 and lower(s) = $5",
  "select lower($1), coalesce($2, s) as a, $3::int as named, left(s, $4) as b from t where s like $5",
  "select id from t where id = any (sqlc.slice(ids)) and n = sqlc.narg(n) and s = @s",
  "select id from t where $1 and $2::int is null",
  "show timezone",
];

test("each reason is given by some query", async () => {
  const engine = await EmbeddedEngine.start();
  try {
    await engine.run(SCHEMA);
    await engine.run("alter table t alter n drop not null");
    const reader = catalogReader(engine);
    await reader.prefetch();
    const answers = expectedAnswers(join(import.meta.dirname, "reasons.expected.txt"));
    const codes = new Set<string>();
    const refused: string[] = [];
    const text = QUERIES.map((sql, i) => `-- name: Q${i} :exec\n${sql};\n`).join("\n");
    for (const source of readQueries("query.sql", text).queries) {
      const result = await analyzeQuery(source, engine, reader);
      if (!("query" in result)) {
        refused.push(`${source.text}: ${result.diagnostics[0]?.message}`);
        continue;
      }
      for (const code of codesOf(result.query)) codes.add(code);
      const { said, expected } = answers.of(source.text, result.query);
      expect(said).toBe(expected);
    }
    answers.close();
    const known = { ...REASON_SENTENCES, ...ROW_REASON_SENTENCES, ...PARAM_REASON_SENTENCES };
    expect(refused).toEqual([]);
    expect(Object.keys(known).filter((code) => !codes.has(code))).toEqual([]);
    expect([...codes].filter((code) => !(code in known))).toEqual([]);
  } finally {
    await engine.close();
  }
});

function codesOf({ rows, columns, params }: Query): string[] {
  for (const { name, nullable, because } of columns)
    if (allowsNull(because) !== nullable) throw new Error(`${name}: ${because.code} is no reason for that`);
  return [
    ...Object.values(rows.because).map(({ code }) => code),
    ...columns.flatMap(({ elementsBecause: because }) =>
      because ? stepsOf(because).map(({ code }) => code) : [],
    ),
    ...columns.flatMap(({ because }) => stepsOf(because).map(({ code }) => code)),
    ...params.flatMap(({ because }) => [because.name.code, because.nullable.code]),
  ];
}
