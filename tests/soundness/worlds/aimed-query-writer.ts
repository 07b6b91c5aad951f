import type { Choices } from "../choices.ts";
import { type Kind, nullOr } from "./kinds.ts";
import type { Field, RandomWorld, Relation } from "./random-world.ts";

interface Seen {
  readonly sql: string;
  readonly kind: Kind;
}

/** Writes queries on a random world, each aimed at one of the proofs or at the parts of values. */
export class AimedQueryWriter {
  readonly #world: RandomWorld;
  readonly #c: Choices;
  /** What a condition is about, which is what should be selected. */
  readonly #told: string[] = [];

  constructor(world: RandomWorld, choices: Choices) {
    this.#world = world;
    this.#c = choices;
  }

  statement(): string {
    const c = this.#c;
    const select = c.pick([
      () => this.#foreignKey(),
      () => this.#foreignKey(),
      () => this.#places(),
      () => this.#lateral(),
      () => this.#check(),
      () => this.#groups(),
      () => this.#exhaustive(),
      () => this.#repeated(),
      () => this.#functions(),
      () => this.#parts(),
      () => this.#json(),
      () => this.#arguments(),
      () => this.#returning(),
      () => this.#returning(),
      () => this.#merge(),
    ]);
    const sql = select();
    return /^(insert|update|delete|merge)/.test(sql) ? this.#inCte(sql) : this.#wrapped(sql);
  }

  #wrapped(sql: string): string {
    const c = this.#c;
    return c.pick([
      () => sql,
      () => sql,
      () => `with q as (${sql}) select q.* from q`,
      () => `with q as materialized (${sql}) select q.* from q left join t1 on t1.id = 1`,
      () => `select q.* from (${sql}) q where ${c.pick(["q.c0 is not null", "true", "q is not null"])}`,
      () => `select q.* from t0 left join (${sql}) q on ${c.pick(["true", "t0.id = 1"])}`,
      () => `select array_agg(q) as c0, (array_agg(q.c0))[1] as c1 from (${sql}) q`,
      () => `select jsonb_agg(q) as c0, to_jsonb(array_agg(q.c0)) as c1 from (${sql}) q`,
      () => `(${sql}) union all (${sql})`,
      () => `(${sql}) ${c.pick(["intersect all", "except all"])} (${sql})`,
    ])();
  }

  #inCte(sql: string): string {
    return this.#c.onceIn(4) ? `with q as (${sql}) select q.* from q` : sql;
  }

  #foreignKey(): string {
    const c = this.#c;
    const referring = this.#world.relations.filter((r) => r.refers !== null);
    const from = c.onceIn(2) ? this.#world.tables.at(-1)! : c.pick(referring);
    const to = this.#relation(from.refers!);
    const far = to.refers === null ? null : this.#relation(to.refers);
    const a = columns(from, "a");
    const b = columns(to, "b");
    const more = c.pick(["", "", "", ` and ${this.#condition(b)}`, ` and ${this.#condition(a)}`]);
    const join = c.pick([
      `${this.#only(from)} a left join ${this.#only(to)} b on b.id = a.ref${more}`,
      `${to.name} b right join ${from.name} a on a.ref = b.id${more}`,
      `${from.name} a full join ${to.name} b on b.id = a.ref`,
      `t0 z left join ${from.name} a on a.id = z.id left join ${to.name} b on b.id = a.ref`,
      `${from.name} a left join (select * from ${to.name}${c.pick(["", " where id > 1"])}) b on b.id = a.ref`,
      `${from.name} a left join lateral (select * from ${to.name} x where x.id = a.ref${c.pick(["", " limit 1", " offset 1"])}) b on true`,
    ]);
    const chain = far && c.onceIn(2) ? ` left join ${far.name} d on d.id = b.ref` : "";
    const seen = [...b, ...b, ...a, ...(chain && far ? columns(far, "d") : [])];
    const where = c.pick(["", "", " where a.ref is not null", ` where ${this.#condition(a)}`]);
    const lock = c.onceIn(8) ? " for update of a" : "";
    const scalar = `(select x.${c.pick(to.fields).name} from ${to.name} x where x.id = a.ref) as c9`;
    return `select b.id as c7, b.state as c8, ${this.#items(seen, 3)}, ${scalar} from ${join}${chain}${where}${lock}`;
  }

  /** A key of two columns, wholly or in part. */
  #places(): string {
    const c = this.#c;
    const from = c.pick(["visit", "gone_by", "gone_by_1"]);
    const on = c.pick([
      "b.x = a.x and b.y = a.y",
      "b.x = a.x and b.y = a.y",
      "a.y = b.y and a.x = b.x",
      "b.x = a.x",
      "b.x = a.x and b.y = a.y and b.note <> ''",
      "b.x = a.x and b.y = a.y::varchar",
      "(b.x, b.y) = (a.x, a.y)",
      "b.x = a.id and b.y = a.y",
    ]);
    const where = c.pick(["", "", " where a.x is not null", " where a.x is not null and a.y is not null"]);
    const join = c.pick([
      `${from} a left join place b on ${on}`,
      `place b right join ${from} a on ${on}`,
      `(select * from ${from}${where.replaceAll("a.", "")}) a left join place b on ${on}`,
      `t0 z left join ${from} a on a.id = z.id left join place b on ${on}`,
      `${from} a full join place b on ${on}`,
    ]);
    return `select b.note as c0, b.x as c1, a.x as c2, a.y as c3, b as c4 from ${join}${where}`;
  }

  #lateral(): string {
    const c = this.#c;
    const [a, b] = [this.#any(), this.#any()];
    const x = columns(b, "x");
    const ordered = x.filter((s) => s.kind.ordered);
    const inner = c.pick([
      () => `select count(*) as n, max(${c.pick(ordered).sql}) as m from ${b.name} x where x.id = a.id`,
      () =>
        `select count(*) as n, max(${c.pick(ordered).sql}) as m from ${b.name} x having ${c.pick(["count(*) > 1", "true"])}`,
      () =>
        `select count(*) as n, max(${c.pick(ordered).sql}) as m from ${b.name} x group by ${c.pick(["()", "x.state", "rollup (x.state)"])}`,
      () =>
        `select n, m from (values (1, a.id), (2, ${this.#value(columns(a, "a"), this.#world.kinds.int)})) v (n, m)`,
      () => `select a.id as n, ${c.pick(columns(a, "a")).sql} as m`,
      () => `select a.id as n, generate_series(1, a.id - 2) as m`,
      () =>
        `select a.id as n, 1 as m from (select 1) q${c.pick([" limit 1", " offset 0", " limit 0", " offset 1", ""])}`,
      () => `select 1 as n, f.m from f_set(a.id) f (m)`,
      () => `select exists (select from ${b.name} x where x.id = a.id) as n, 1 as m`,
      () => `select count(*) as n, 1 as m from ${b.name} x union all select 1, null`,
    ])();
    const on = c.pick(["true", "true", "true", "s.n > 1", "a.id = 1"]);
    return `select a.id as c0, s.n as c1, s.m as c2, (select s.n) as c3, (select count(*) from ${b.name} x where x.id = a.id) as c4 from ${a.name} a left join lateral (${inner}) s on ${on}`;
  }

  #check(): string {
    const c = this.#c;
    const a = this.#any();
    const seen = columns(a, "a");
    const where = c.pick([
      () => "a.state = 'done'",
      () => "a.state = 'gone'",
      () => "a.state <> 'draft'",
      () => "a.state in ('done', 'gone')",
      () => "not (a.state = 'draft' or a.state = 'gone')",
      () => `a.state = 'done' and ${this.#condition(seen)}`,
      () => `a.state = 'done' or ${this.#condition(seen)}`,
      () => "a.x0 is null",
      () => "a.x0 is null and a.state = any (array['done', 'gone'])",
      () => "a.state::varchar(4) = 'done'",
      () => "case when a.id > 1 then a.state = 'done' else a.state = 'gone' end",
    ])();
    const items = this.#all(seen);
    return c.pick([
      () => `select ${items} from ${this.#only(a)} a where ${where}`,
      () => `select ${items} from ${a.name} a where ${where}`,
      () =>
        `select ${items} from t0 z join ${a.name} a on ${c.pick(["a.id = z.id", "a.x0 = z.x0"])} and ${where}`,
      () => `select ${items} from ${a.name} a join t1 z on a.x0 = z.id and a.x1 is not null`,
      () => `select ${items} from t0 z left join ${a.name} a on ${where}`,
      () =>
        `select case when ${where} then ${c.pick(seen).sql} end as c0, ${this.#items(seen, 2, 1)} from ${a.name} a`,
      () =>
        `select ${items} from (select * from ${a.name} a where ${where}) a where ${this.#condition(seen)}`,
    ])();
  }

  #groups(): string {
    const c = this.#c;
    const a = this.#any();
    const seen = columns(a, "a");
    const ordered = seen.filter((s) => s.kind.ordered);
    const aggregate = (): string => {
      const { sql } = c.pick(ordered);
      const call = c.pick([
        `max(${sql})`,
        `min(${sql})`,
        `array_agg(${c.pick(seen).sql})`,
        `count(${sql})`,
        `string_agg(a.state, ',')`,
        "sum(a.x0)",
        `jsonb_agg(${sql})`,
        `count(*)`,
        `bool_or(${sql} is null)`,
      ]);
      const filter = c.pick([
        "",
        "",
        ` filter (where ${sql} is not null)`,
        ` filter (where ${this.#condition(seen)})`,
        " filter (where a.id is not null)",
        " filter (where true)",
      ]);
      return call + filter;
    };
    const top = `max(${c.pick(ordered).sql})`;
    const having = c.pick([
      "",
      ` having ${top} is not null`,
      ` having count(${c.pick(seen).sql}) > 0`,
      ` having ${top} is not null and count(*) > 0`,
      ` having ${top} is not null or count(*) > 1`,
      " having count(*) > 0",
      " having sum(a.x0) > 0",
      " having true",
      " having max(a.id) filter (where a.x0 is not null) > 0",
    ]);
    const computed = c.pick([
      "coalesce(a.x0, 0)",
      "a.x0 is null",
      "case when a.x0 > 1 then 'x' else 'y' end",
      "concat(a.state, a.x0)",
    ]);
    const group = c.pick([
      "",
      ` group by rollup (${computed})`,
      ` group by grouping sets ((${computed}, a.state), (a.state))`,
      " group by a.state",
      " group by a.state, a.id",
      " group by rollup (a.state)",
      " group by grouping sets ((a.state), (a.id))",
      " group by ()",
      " group by cube (a.state, a.id)",
    ]);
    const over = c.onceIn(3)
      ? `, max(count(*)) over (order by count(*) rows 1 preceding) as c8, lag(count(*)) over (order by count(*)) as c9`
      : "";
    const key = `${/state/.test(group) ? ", a.state as c7" : ""}${group.includes(computed) ? `, ${computed} as c6` : ""}`;
    const where = c.pick(["", ` where ${this.#condition(seen)}`]);
    const join = c.onceIn(3) ? ` left join t1 j on j.id = a.id` : "";
    return `select ${top} as c0, ${aggregate()} as c1, ${aggregate()} as c2, ${aggregate()} as c3${key}${over} from ${a.name} a${join}${where}${group}${having}`;
  }

  #exhaustive(): string {
    const c = this.#c;
    const a = this.#any();
    const seen = columns(a, "a");
    const closed = [
      ...seen.filter((s) => s.kind.all),
      { sql: "a.state", kind: { all: ["'draft'", "'done'", "'gone'"] } },
    ] as {
      sql: string;
      kind: { all: readonly string[] };
    }[];
    const by = c.pick(closed);
    const kind = c.pick(this.#world.kinds.all.filter((k) => !k.refusesNull));
    const result = (): string => this.#value(seen, kind);
    const labels = c.onceIn(3) ? by.kind.all.slice(1) : by.kind.all;
    const simple = labels.map((label) => ` when ${label} then ${result()}`).join("");
    const searched = labels.map((label) => ` when ${by.sql} = ${label} then ${result()}`).join("");
    const two = this.#condition(seen);
    const other = c.pick([
      `case when ${two} then ${result()} when not (${two}) then ${result()} end`,
      `case when ${two} then ${result()} when (${two}) is not true then ${result()} end`,
      `case when ${by.sql} is null then ${result()} when ${by.sql} is not null then ${result()} end`,
      `case when ${two} then ${result()} else ${result()} end`,
      `case when ${by.sql} is not null then ${by.sql}::text else '' end`,
      `case when ${by.sql} = ${by.kind.all[0]} and a.x0 is not null then a.x0 else 0 end`,
      `case ${by.sql} is null when true then ${result()} when false then ${result()} end`,
    ]);
    const where = c.pick([
      "",
      ` where ${by.sql} is not null`,
      ` where ${by.sql} in (${by.kind.all.join(", ")})`,
      ` where (${two}) or ${this.#condition(seen)}`,
    ]);
    const from = c.pick([`${a.name} a`, `${a.name} a`, `t0 z left join ${a.name} a on a.id = z.id`]);
    return `select case ${by.sql}${simple} end as c0, case${searched} end as c1, ${other} as c2, ${by.sql} as c3 from ${from}${where}`;
  }

  #repeated(): string {
    const c = this.#c;
    const a = this.#any();
    const seen = columns(a, "a");
    const of = (test: (k: Kind) => boolean): string[] => seen.filter((s) => test(s.kind)).map((s) => s.sql);
    const ints = of((k) => k.sql === "int");
    const expressions = [
      ...seen.map((s) => `nullif(${s.sql}, ${s.kind.value(c, 1)})`),
      ...of((k) => k.fields !== undefined).map((x) => `(${x}).a`),
      ...of((k) => k.element !== undefined).flatMap((x) => [
        `(${x})[1]`,
        `(${x})[1:1]`,
        `array_length(${x}, 1)`,
      ]),
      ...of((k) => k.sql === "jsonb").flatMap((x) => [
        `${x} ->> 'a'`,
        `${x} -> 'a'`,
        `${x} #>> '{}'`,
        `jsonb_typeof(${x})`,
      ]),
      ...ints.flatMap((x) => [
        `f_strict(${x})`,
        `f_branch(${x})`,
        `nullif(${x}, 1) + 1`,
        `nullif(random()::int, ${x})`,
        `(${x}, a.state)`,
      ]),
      "substring(a.state from 'd(z)?')",
    ];
    const e = c.pick(expressions);
    const other = c.pick(expressions);
    const proof = c.pick([
      `${e} is not null`,
      `${e} = ${e}`,
      `(${e} is not null and ${other} is not null)`,
      `(${e} is not null or ${other} is not null)`,
      `not (${e} is null)`,
      `${e} is not distinct from ${other}`,
      `(${e}) in (select x.${c.pick(a.fields).name} from ${a.name} x)`,
    ]);
    return c.pick([
      () => `select ${e} as c0, ${other} as c1, ${this.#items(seen, 1, 2)} from ${a.name} a where ${proof}`,
      () =>
        `select ${e} as c0, array_agg(${other}) as c1 from ${a.name} a group by 1 having ${proof.includes(other) && other !== e ? `${e} is not null` : proof}`,
      () => `select ${e} as c0, z.id as c1 from t0 z join ${a.name} a on ${proof}`,
      () => `select ${e} as c0, z.id as c1 from t0 z left join ${a.name} a on ${proof}`,
      () =>
        `select case when ${proof} then ${e} end as c0, case when ${proof} then ${e} else ${e} end as c1 from ${a.name} a`,
      () =>
        `select max(${e}) filter (where ${proof}) as c0, array_agg(${e}) filter (where ${proof}) as c1 from ${a.name} a group by a.state`,
      () => `select (select ${e}) as c0, ${e} as c1 from ${a.name} a where ${proof}`,
    ])();
  }

  #functions(): string {
    const c = this.#c;
    const { rowCalls, scalarCalls } = this.#world;
    const a = this.#any();
    const seen = columns(a, "a");
    const n = (): string => c.pick(["1", "a.id", "a.x0", "3", "null"]);
    const call = (): string => c.pick(scalarCalls).replaceAll("N", n());
    const rows = c.pick(rowCalls);
    const item = (alias: string): string =>
      rows.columns.map((name, i) => `${alias}.${name} as c${i}`).join(", ");
    const row = rows.sql.replaceAll("N", n());
    return c.pick([
      () => `select ${call()} as c0, ${call()} as c1, ${call()} as c2 from ${a.name} a`,
      () => `select ${call()} as c0, ${call()} as c1 from ${a.name} a where ${this.#condition(seen)}`,
      () => `select ${item("r")} from ${a.name} a, ${row} r`,
      () =>
        `select ${item("r")} from ${a.name} a left join lateral ${row} r on ${c.pick(["true", "a.id = 1"])}`,
      () => `select r as c0, r is null as c1 from ${a.name} a, ${row} r`,
      () =>
        `select ${item("r")}, r.n as c90 from ${a.name} a, ${row} with ordinality as r (${rows.columns.join(", ")}, n)`,
      () =>
        `select r.* from ${a.name} a cross join lateral rows from (${row}, ${c.pick(scalarCalls).replaceAll("N", n())}) as r`,
      () => `select to_jsonb(r) as c0, array_agg(r) over () as c1 from ${a.name} a, ${row} r`,
    ])();
  }

  #parts(): string {
    const c = this.#c;
    const a = this.#any();
    const seen = columns(a, "a");
    const { flat, deep } = this.#world.kinds;
    const of = (test: (k: Kind) => boolean, kind: Kind): string[] => {
      const found = seen.filter((s) => test(s.kind)).map((s) => s.sql);
      return found.length > 0 ? found : [`(${kind.value(c, 2)})`];
    };
    const composites = of((k) => k.fields !== undefined && k.fields[0]![0] === "a", flat);
    const deeps = of((k) => k.fields !== undefined && k.fields[0]![0] === "p", deep);
    const arrays = of((k) => k.element !== undefined, {
      ...flat,
      value: (x, d) => `array[${flat.value(x, d)}, null]`,
    });
    const [x, y, arr] = [c.pick(composites), c.pick(deeps), c.pick(arrays)];
    const any = (): string => c.pick(seen).sql;
    const items = [
      ...[`(${x}).a`, `(${x}).c`, `(${y}).p`, `((${y}).p).b`, `((${y}).ps)[1].a`, `(${y}).ps`, `(${y}).j`],
      ...[
        `${x}`,
        `${y}`,
        `row(${any()}, 1)::text`,
        `row((${x}).a, (${x}).b, (${x}).c)::flat`,
        `a`,
        `coalesce(a, a)`,
      ],
      ...[
        `array[${x}, ${x}]`,
        `array[array[a.id, 1], array[2, a.x0]]`,
        `array[${any()}]`,
        `array_agg(a) over ()`,
      ],
      ...[
        `(${arr})[1]`,
        `${arr} || ${arr}`,
        `array_remove(${arr}, null)`,
        `array(select z from ${a.name} z where z.id < a.id)`,
      ],
      ...[
        `array(select z.${c.pick(a.fields).name} from ${a.name} z)`,
        `(select z from ${a.name} z where z.id = a.id)`,
        `unnest(${arr})`,
      ],
      ...[
        `array_append(${arr}, (${arr})[1])`,
        `(array_agg(${x}) over ())[1].a`,
        `${arr}[2:]`,
        `array_cat(array[${any()}], null)`,
      ],
    ];
    const from = c.pick([
      `${a.name} a`,
      `${a.name} a`,
      `t0 z left join ${a.name} a on a.id = z.id`,
      `${a.name} a, unnest(${arr}) with ordinality as u`,
    ]);
    return c.pick([
      () =>
        `select ${Array.from({ length: 3 }, (_, i) => `${c.pick(items)} as c${i}`).join(", ")} from ${from}`,
      () =>
        `select ${c.pick(items)} as c0, ${c.pick(items)} as c1 from ${from} where ${this.#condition(seen)}`,
      () => `select u.* from ${a.name} a, unnest(array[${x}, null]) u`,
      () =>
        `select u.a as c0, u.c as c1, u.n as c2 from ${a.name} a, unnest(array[${x}], (${y}).ps) with ordinality as u (a, b, c, d, e, f, n)`,
      () => `select (${x}).*, a.id from ${from}`,
      () =>
        `select u as c0, (u).a as c1 from ${a.name} a left join unnest((${y}).ps) u on ${c.pick(["true", "(u).a = 1", "u is not null"])}`,
      () =>
        `select array_agg(${x}) as c0, array_agg(${arr}) as c1, (array_agg(${x}))[1].b as c2 from ${a.name} a where (${x}).a is not null`,
    ])();
  }

  #json(): string {
    const c = this.#c;
    const [a, b] = [this.#any(), this.#any()];
    const seen = [...columns(a, "a"), ...columns(b, "b")];
    const any = (): string => c.pick(seen).sql;
    const j = c.pick(["json", "jsonb"]);
    const build = (depth: number): string =>
      c.pick(
        [
          () => any(),
          () => any(),
          () => `${j}_build_object('k', ${build(depth - 1)}, 'l', ${any()})`,
          () => `${j}_build_array(${any()}, ${any()})`,
          () => "to_jsonb(a)",
          () => "to_json(b)",
          () => `to_jsonb(${any()})`,
          () => `row_to_json(b)`,
          () => `array_to_json(array[${any()}])`,
          () => `(select ${j}_agg(z) from ${b.name} z where z.id = a.id)`,
          () => `(select ${j}_agg(z.${c.pick(b.fields).name}) filter (where z.id > 1) from ${b.name} z)`,
          () =>
            `coalesce((select ${j}_agg(${j}_build_object('m', z.${c.pick(b.fields).name})) from ${b.name} z), '[]')`,
          () => `(select ${j}_object_agg(z.id, z.${c.pick(b.fields).name}) from ${b.name} z where z.id = 1)`,
          () => `array(select ${j}_build_object('n', z.id) from ${b.name} z)`,
          () => `case when b.id is null then null else ${j}_build_object('b', b) end`,
          () => `json_object('k': ${any()}, 'n': ${any()} ${c.pick(["null on null", "absent on null"])})`,
          () => `json_array(${any()}, ${any()} ${c.pick(["null on null", "absent on null"])})`,
          () => `jsonb_build_object('k', ${any()}) || jsonb_build_object('k', ${any()})`,
          () => `jsonb_build_object('k', ${any()}) -> 'k'`,
          () => `jsonb_set(jsonb_build_object('k', ${any()}), '{k}', '1')`,
          () => `${j}_strip_nulls(${j}_build_object('k', ${any()}))`,
          () => `jsonb_build_object('x', jsonb_build_object('k', ${any()})) #> '{x,k}'`,
          () => `json_build_object('k', ${any()}) ->> 'k'`,
          () => `json_scalar(a.id)`,
          () => `coalesce(${j}_build_object('k', ${any()}), ${j}_build_object('k', ${build(depth - 1)}))`,
          () => `coalesce((select ${j}_agg(z) from ${b.name} z where z.id = a.id), '{}', '[1]')`,
          () => `coalesce((select ${j}_build_object('k', ${any()}) where b.id = 1), '{}')`,
          () => this.#cases(j, () => build(depth - 1)),
          () => this.#cases(j, any),
          () => this.#read(j, () => build(depth - 1)),
          () => this.#read(j, any),
          () => `json_object(${this.#keys(any)} absent on null${c.pick(["", " returning jsonb"])})`,
          () =>
            `json_array(${any()}, ${any()}${c.pick(["", " null on null"])}${c.pick(["", " returning jsonb"])})`,
          () => `${j}_build_object(a.state, ${any()}, 'l', ${any()})`,
          () => `(to_jsonb(a) || ${this.#changed(() => build(depth - 1))})`,
          () => `(${this.#changed(any)} || ${this.#changed(any)})`,
          () =>
            `jsonb_set(${this.#changed(any)}, '${c.pick(["{k}", "{l}", "{x,k}", "{x,n}"])}', to_jsonb(b.id)${c.pick(["", ", false"])})`,
          () =>
            `${j}_strip_nulls(${j}_build_object('k', ${build(depth - 1)}, 'l', ${j}_build_array(${any()}, b)))`,
          () => `json_scalar(${any()})`,
        ].slice(depth > 0 ? 0 : 0, depth > 0 ? undefined : 2),
      )();
    const items = Array.from({ length: 3 }, (_, i) => `${build(2)} as c${i}`).join(", ");
    if (c.onceIn(6))
      return `select ${build(2)} as c0, ${j}_build_object('k', ${any()}, 'tag', 'x') as c1 from ${a.name} a left join ${b.name} b on b.id = a.id union all select ${c.pick(["null", `${j}_build_object('k', ${any()})`])}, ${j}_build_object('k', ${any()}, 'tag', 'y') from ${a.name} a, ${b.name} b`;
    if (c.onceIn(6))
      return `with w as (select ${j}_build_object('k', ${build(1)}, 'l', ${any()}) as j, a.id from ${a.name} a left join ${b.name} b on b.id = a.id) select w.j as c0, w.j -> 'k' as c1, ${j}_agg(w.j) over (order by w.id) as c2, (select ${j}_object_agg(coalesce(x.id::text, ''), x.j) from w x) as c3 from w`;
    const grouped = c.onceIn(4);
    if (grouped && c.onceIn(2))
      return `select json_arrayagg(${any()} ${c.pick(["null on null", "absent on null"])}) as c0, json_objectagg(a.id: ${any()} ${c.pick(["null on null", "absent on null"])}) as c1, ${j}_object_agg(coalesce(a.state, ''), ${build(1)}) as c2 from ${a.name} a left join ${b.name} b on b.id = a.id group by ${c.pick(["a.state", "()"])}`;
    if (grouped)
      return `select ${j}_agg(${build(1)}) as c0, ${j}_agg(a) as c1, jsonb_object_agg(a.id, b) as c2 from ${a.name} a left join ${b.name} b on b.id = a.id group by ${c.pick(["a.state", "()"])}`;
    return `select ${items} from ${a.name} a left join ${b.name} b on b.id = a.id`;
  }

  #keys(value: () => string): string {
    return `'k': ${value()}, '${this.#c.pick(["k", "l"])}': ${value()}`;
  }

  /** An object whose keys are known, one of which may be missing. */
  #changed(value: () => string): string {
    return this.#c.pick([
      () => `jsonb_build_object('k', ${value()}, 'l', ${value()})`,
      () => `jsonb_build_object('x', jsonb_build_object('k', ${value()}), 'k', ${value()})`,
      () =>
        `jsonb_strip_nulls(jsonb_build_object('k', ${value()}, 'x', jsonb_build_object('k', ${value()})))`,
      () => `jsonb_build_array(${value()}, 1)`,
      () => `(jsonb_build_object('k', ${value()}, 'l', ${value()}) - 'l')`,
    ])();
  }

  #cases(j: string, value: () => string): string {
    return this.#c.pick([
      () =>
        `case when a.id = 1 then ${j}_build_object('kind', 'one', 'v', ${value()}) when b.id is null then ${j}_build_object('kind', 'none') else ${j}_build_object('kind', 'other', 'v', ${value()}) end`,
      () =>
        `case when a.id > 1 then ${j}_build_object('ok', true, 'v', ${value()}) else ${j}_build_object('ok', false, 'v', 1) end`,
      () =>
        `case a.id when 1 then to_${j}(${value()}) when 2 then to_${j}(${value()}) else ${j}_build_array(${value()}) end`,
    ])();
  }

  /** A place of JSON that is built, read again. */
  #read(j: string, value: () => string): string {
    const c = this.#c;
    const built = c.pick([
      () => `${j}_build_object('k', ${value()}, 'l', ${j}_build_array(${value()}, ${value()}))`,
      () => `${j}_strip_nulls(${j}_build_object('k', ${value()}, 'l', ${j}_build_object('k', ${value()})))`,
      () => this.#cases(j, value),
      () => `to_${j}(a)`,
    ])();
    const path = c.pick(["k", "l", "v", "l,k", "l,0", "l,1", "id", "0"]);
    return c.pick([
      () => `(${built} -> '${path.split(",")[0]}')`,
      () => `(${built} ->> '${path.split(",")[0]}')`,
      () => `(${built} #> '{${path}}')`,
      () => `(${built} #>> '{${path}}')`,
      () => `((${built} -> 'l') -> ${c.pick(["0", "1", "-1", "2"])})`,
      () =>
        `${j}_extract_path(${built}, ${path
          .split(",")
          .map((word) => `'${word}'`)
          .join(", ")})`,
    ])();
  }

  #arguments(): string {
    const c = this.#c;
    const t = c.pick(this.#world.tables);
    const element = c.pick(["int", "text", "mood", "bool", "tag", "flat", "timestamptz"]);
    const state = "(array['draft', 'done', 'gone'])[1 + abs(u.i % 3)]";
    return c.pick([
      () => `select unnest($1::${element}[]) as c0`,
      () => `select u as c0, n as c1 from unnest($1::${element}[]) with ordinality as x (u, n)`,
      () => `select t.state as c0, t.x0 as c1 from ${t.name} t where t.x0 = any ($1::int[])`,
      () => `select t.state as c0, t.x0 as c1 from ${t.name} t where t.x0 <> all ($1::int[])`,
      () => `select t.x0 as c0, $1::int as c1, coalesce(t.x0, $2) as c2 from ${t.name} t where t.x0 > $1`,
      () => `select t.x0 as c0, t.id as c1 from ${t.name} t where t.x0 is not distinct from $1`,
      () => `select u.i as c0, u.j as c1 from unnest($1::int[], $2::${element}[]) as u (i, j)`,
      () =>
        `insert into ${t.name} (id, state, x0) select u.i, ${state}, u.j from unnest($1::int[], $2::int[]) as u (i, j) returning id as c0, x0 as c1`,
      () => `update ${t.name} set x0 = $1 where id = $2 returning x0 as c0, state as c1`,
      () => `update ${t.name} set x0 = coalesce($1, x0) where id > 0 returning x0 as c0`,
      () => `select $1::${element}[] as c0, array_append($1::${element}[], null) as c1, $2::${element} as c2`,
      () => `select t.state as c0, t.x1 as c1 from ${t.name} t where t.state = $1`,
      () => `select ($1::${element}[])[1] as c0, array_length($1::${element}[], 1) as c1`,
    ])();
  }

  #returning(): string {
    const c = this.#c;
    const t = c.pick(this.#world.relations.filter((r) => r.writable));
    const fields = t.fields.filter((f) => f.name !== "made" && f.name !== "id");
    const seen = columns(t, "t");
    const given = (f: Field): string => this.#assigned(f, seen);
    const returning = (alias: string): string => {
      const own = c.onceIn(5) ? c.pick(["old", "new"]) : alias;
      return ` returning ${this.#all(columns(t, own))}`;
    };
    if (c.onceIn(2)) {
      const set = c.pick([
        () =>
          Array.from(new Set([c.pick(fields), c.pick(fields)]), (f) => `${f.name} = ${given(f)}`).join(", "),
        () => "state = 'done'",
        () => `x0 = 1, state = ${c.pick(["'gone'", "state", "default"])}`,
        () => "(x0, state) = (select 1, 'draft' where t.id > 1)",
        () => "(x0, state) = row (2, 'done')",
        () => `x0 = x0 + 1${c.pick(["", ", state = 'done'"])}`,
        () => {
          const f = c.pick(fields);
          return f.kind.fields
            ? `${f.name}.a = 1`
            : f.kind.element
              ? `${f.name}[1] = null`
              : `${f.name} = default`;
        },
      ])();
      const from = c.pick(["", "", " from t0 z", " from t0 z left join t1 y on y.id = z.id"]);
      const where = c.pick([
        "",
        ` where ${this.#condition(seen)}`,
        " where t.state = 'done'",
        from ? " where z.id = t.id" : "",
      ]);
      return `update ${t.name} as t set ${set}${from}${where}${returning("t")}`;
    }
    if (c.onceIn(6)) return `delete from ${t.name} as t where ${this.#condition(seen)}${returning("t")}`;
    const target = fields.filter((f) => f.notNull || f.kind.refusesNull || c.onceIn(2));
    const value = (f: Field, simple = false): string => {
      if (f.name === "state") return c.pick(["'draft'", "'done'", "'gone'"]);
      if (f.name === "ref") return c.pick(["1", "2", "3"]);
      return simple || c.onceIn(2) ? f.kind.value(c, 1) : nullOr(f.kind, c);
    };
    const row = (id: string): string => `(${[id, ...target.map((f) => value(f))].join(", ")})`;
    const source = c.pick([
      () => `values ${row(`${1 + c.below(8)}`)}`,
      () => `values ${row(`${7 + c.below(8)}`)}`,
      () => `values ${row("20")}, ${row("21")}`,
      () =>
        `select ${["30 + row_number() over ()", ...target.map((f) => value(f, true))].join(", ")} from t0 z`,
      () =>
        `select ${["z.id + 40", ...target.map((f) => (f.name === "state" || f.name === "ref" ? value(f) : `z.${f.name}`))].join(", ")} from ${t.name} z`,
    ])();
    const f = c.pick(fields);
    const conflict = c.pick([
      () => "",
      () => "",
      () => " on conflict do nothing",
      () => ` on conflict (id) do update set ${f.name} = ${given(f)}`,
      () => ` on conflict (id) do update set ${f.name} = excluded.${f.name}`,
      () => ` on conflict (id) do update set state = 'done' where t.x0 is not null`,
    ])();
    return `insert into ${t.name} as t (${["id", ...target.map((x) => x.name)].join(", ")}) ${source}${conflict}${returning("t")}`;
  }

  #merge(): string {
    const c = this.#c;
    const t = c.pick(this.#world.relations.filter((r) => r.writable));
    const seen = columns(t, "t");
    const f = c.pick(t.fields.filter((x) => x.name.startsWith("x")));
    const actions = [
      c.pick([
        ` when matched then update set ${f.name} = ${this.#assigned(f, seen)}`,
        " when matched then delete",
        " when matched and t.x0 is not null then do nothing",
        "",
      ]),
      c.pick([
        " when not matched then insert (id, state) values (s.id + 50, 'draft')",
        " when not matched by target then do nothing",
        "",
      ]),
      c.pick([
        " when not matched by source then delete",
        ` when not matched by source then update set state = 'done'`,
        "",
      ]),
    ].join("");
    const alias = c.pick(["t", "t", "old", "new"]);
    return `merge into ${t.name} as t using (select id, x0 from t0${c.pick(["", " where x0 is not null"])}) s on s.id = t.id${actions || " when matched then do nothing"} returning merge_action() as c8, s.id as c9, s.x0 as c10, ${this.#items(columns(t, alias), 3)}`;
  }

  #assigned(f: Field, seen: readonly Seen[]): string {
    const c = this.#c;
    if (f.name === "state") return c.pick(["'draft'", "'done'", "'gone'", "t.state"]);
    if (f.name === "ref") return c.pick(["1", "2", "t.ref", "nullif(t.ref, 1)"]);
    return c.onceIn(3) ? "default" : this.#value(seen, f.kind);
  }

  /** A value of the kind: a column, a literal, or little more. */
  #value(seen: readonly Seen[], kind: Kind): string {
    const c = this.#c;
    const own = seen.filter((s) => s.kind.sql === kind.sql).map((s) => s.sql);
    if (own.length > 0 && c.onceIn(2)) {
      const x = c.pick(own);
      return c.pick([
        x,
        `coalesce(${x}, ${kind.value(c)})`,
        `nullif(${x}, ${kind.value(c)})`,
        `(select ${x})`,
      ]);
    }
    return c.onceIn(4) ? nullOr(kind, c) : kind.value(c);
  }

  #condition(seen: readonly Seen[], depth = 1): string {
    const c = this.#c;
    const { sql, kind } = c.pick(seen);
    this.#told.push(sql);
    const more = (): string => (depth > 0 ? this.#condition(seen, depth - 1) : `${sql} is not null`);
    return c.pick([
      () => `${sql} is not null`,
      () => `${sql} is not null`,
      () => `${sql} = ${kind.value(c)}`,
      () => `${sql} is null`,
      () => `${sql} is distinct from ${kind.value(c)}`,
      () => `(${more()} and ${more()})`,
      () => `(${more()} or ${more()})`,
      () => `not (${more()})`,
      () => `(${more()}) is ${c.pick(["true", "not false", "not true", "not unknown"])}`,
      () => `coalesce(${sql} = ${kind.value(c)}, ${c.pick(["false", "true"])})`,
      () => `${sql} in (${kind.value(c)}, ${nullOr(kind, c)})`,
      () => `(${sql}, ${c.pick(seen).sql}) is not null`,
    ])();
  }

  #items(seen: readonly Seen[], n: number, start = 0): string {
    const told = seen.filter((s) => this.#told.includes(s.sql));
    const pick = (): string => this.#c.pick(told.length > 0 && this.#c.onceIn(2) ? told : seen).sql;
    return Array.from({ length: n }, (_, i) => `${pick()} as c${i + start}`).join(", ");
  }

  #all(seen: readonly Seen[]): string {
    return seen.map(({ sql }, i) => `${sql} as c${i}`).join(", ");
  }

  #only(r: Relation): string {
    return this.#world.tables.includes(r) && this.#c.onceIn(3) ? `only ${r.name}` : r.name;
  }

  #any(): Relation {
    return this.#c.pick([...this.#world.tables, ...this.#world.relations]);
  }

  #relation(name: string): Relation {
    return this.#world.relations.find((r) => r.name === name)!;
  }
}

function columns(relation: Relation, alias: string): Seen[] {
  return relation.fields.map((f) => ({ sql: `${alias}.${f.name}`, kind: f.kind }));
}
