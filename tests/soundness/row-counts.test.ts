import fc from "fast-check";
import { casesToRun } from "../long-form.ts";
import { Choices } from "./choices.ts";
import * as tables from "./rows-schema.ts";
import { openSubject, type Subject } from "./subject.ts";

/** More for a hunt: `SOLITUDE_FUZZ_RUNS=20000 SOLITUDE_FUZZ_SEED=$RANDOM`. */
const { runs: RUNS, seed: SEED } = casesToRun(
  "queries whose rows are counted",
  {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 120),
    seed: Number(process.env.SOLITUDE_FUZZ_SEED ?? 20_261_129),
  },
  2,
);

/** Few values, each in many rows, so that conditions meet. */
const CROWDED = `
  insert into measured select n, case n % 3 when 0 then 2 when 1 then 1 else 1.00 end, 0, '1 day', (array['x', '1', 'a', 'a@x'])[n], n % 2 + 1, (array['x', '1', null, 'a'])[n] from generate_series(1, 4) n;
  insert into themes select n, n / 2, (array['x', '1'])[n % 2 + 1] from generate_series(2, 7) n; insert into themes values (8, 1, null), (9, 1, null);
  insert into labelled select n, (array['x', '1', 'a', '1.00', '2'])[n], n % 2 + 1 from generate_series(1, 5) n;
  insert into plain (name, mail) select (array['x', '1'])[n % 2 + 1], (array['x', '1', 'a@x', null, null])[n] from generate_series(1, 5) n;
  insert into pieces select n, n, 'x' from generate_series(1, 3) n; insert into pieces select n + 3, n % 2 + 1, null from generate_series(1, 4) n;
  insert into base select n, 'x' from generate_series(1, 2) n; insert into derived select n, '1', '' from generate_series(1, 2) n;`;

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject({ schema: tables.SCHEMA, fillings: { ...tables.FILLINGS, crowded: CROWDED } });
});
afterAll(() => subject.close());

test("no generated query gives more rows, or fewer, than is said of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.array(fc.nat({ max: 9_999 }), { minLength: 30, maxLength: 120, size: "max" })),
      async (tape) => {
        const sql = new RowQueryWriter(new Choices(tape)).statement();
        const broken = await subject.broken(sql);
        if (broken) throw new Error(`${broken}\n${sql}`);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
  const { tried, accepted, rows } = subject.counts;
  const single = [...subject.held].filter((query) => query.rows.atMostOne).length;
  console.info(
    `${tried} queries, ${accepted} accepted, ${rows} rows looked at, one at most is said of ${single}`,
  );
  // A writer whose queries are refused, or of which nothing is said, finds nothing.
  expect(accepted / tried).toBeGreaterThan(0.5);
  expect(single).toBeGreaterThan(accepted / 8);
}, 3_600_000);

type Type = "int" | "text" | "numeric";
interface Field {
  readonly sql: string;
  readonly type: Type;
}

const FIELDS: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  measured: { id: "int", size: "numeric", label: "text", team: "int", code: "text" },
  themes: { id: "int", measured_id: "int", theme: "text" },
  labelled: { id: "int", label: "text", x: "int" },
  plain: { id: "int", name: "text", mail: "text" },
  mails: { mail: "text", name: "text" },
  pieces: { id: "int", part: "int", name: "text" },
  base: { id: "int", name: "text" },
};
const CONSTANTS: Readonly<Record<Type, readonly string[]>> = {
  int: ["1", "2", "5"],
  text: ["'x'", "'1'", "'a'", "'a@x'"],
  numeric: ["1", "1.00"],
};

/** Writes queries of which one row at most can be said now and then: by keys, groups, LIMIT, through joins of all kinds. */
class RowQueryWriter {
  readonly #c: Choices;
  #aliases = 0;

  constructor(choices: Choices) {
    this.#c = choices;
  }

  statement(): string {
    const c = this.#c;
    return c.onceIn(5)
      ? this.#change()
      : c.onceIn(6)
        ? `select * from (${this.#select()}) q`
        : this.#select();
  }

  #select(): string {
    const c = this.#c;
    const { from, fields } = this.#from(1 + c.below(3));
    const where = c.onceIn(2) ? "" : ` where ${this.#conditions(fields)}`;
    const keys = Array.from({ length: 1 + c.below(2) }, () => this.#key(fields));
    return c.pick([
      () => `select ${keys.map((key, i) => `${key} as k${i}`).join(", ")} ${from}${where}`,
      () => `select distinct ${keys.map((key, i) => `${key} as k${i}`).join(", ")} ${from}${where}`,
      () =>
        `select ${keys.map((key, i) => `${key} as k${i}`).join(", ")}, count(*) as n ${from}${where} group by ${keys.join(", ")}`,
      () => `select ${keys[0]!} as k0 ${from}${where} limit ${c.pick(["1", "2"])}`,
      () => `select distinct on (${keys[0]!}) ${keys[0]!} as k0 ${from}${where}`,
      () => `select count(*) as n ${from}${where}${c.pick(["", " having count(*) > 0"])}`,
    ])();
  }

  /** UPDATE and DELETE return a row of their target once. */
  #change(): string {
    const c = this.#c;
    const { from, fields } = this.#from(1 + c.below(2));
    const table = c.pick(["labelled", "measured", "pieces"]);
    const own = this.#fieldsOf(table, "target");
    const where = `where ${this.#equality(own, fields)} and ${this.#conditions([...own, ...fields])}`;
    return c.onceIn(2)
      ? `delete from ${table} target using ${from.slice(5)} ${where} returning target.id`
      : `update ${table} target set id = target.id ${from} ${where} returning target.id`;
  }

  #from(count: number): { readonly from: string; readonly fields: readonly Field[] } {
    const c = this.#c;
    let { sql, fields } = this.#item([]);
    for (let i = 1; i < count; i++) {
      const next = this.#item(c.onceIn(3) ? fields : []);
      const all = [...fields, ...next.fields];
      const join = next.isLateral
        ? c.pick(["join", "left join", ","])
        : c.pick(["join", "left join", "left join", "right join", "full join", ","]);
      const on =
        join === "," ? "" : ` on ${c.onceIn(8) ? "true" : this.#conditions(all, next.fields, fields)}`;
      sql = join === "," ? `${sql} cross join ${next.sql}` : `${sql} ${join} ${next.sql}${on}`;
      fields = all;
    }
    return { from: `from ${sql}`, fields };
  }

  /** @param outer what a lateral one may look at */
  #item(outer: readonly Field[]): {
    readonly sql: string;
    readonly fields: readonly Field[];
    readonly isLateral: boolean;
  } {
    const c = this.#c;
    const name = `a${this.#aliases++}`;
    const table = c.pick(Object.keys(FIELDS));
    if (outer.length === 0 && !c.onceIn(3))
      return { sql: `${table} ${name}`, fields: this.#fieldsOf(table, name), isLateral: false };
    const inner = this.#fieldsOf(table, "i");
    const [one, other] = [c.pick(inner), c.pick(inner)];
    const where =
      outer.length > 0
        ? ` where ${this.#equality(inner, outer)}`
        : c.onceIn(2)
          ? ` where ${this.#conditions(inner)}`
          : "";
    const sql = c.pick([
      () => `select ${one.sql} as x, ${other.sql} as y from ${table} i${where}`,
      () => `select ${one.sql} as x, ${other.sql} as y from ${table} i${where} limit 1`,
      () => `select ${one.sql} as x, count(*)::int as y from ${table} i${where} group by ${one.sql}`,
      () => `select max(${one.sql}) as x, count(*)::int as y from ${table} i${where}`,
      () => `select distinct ${one.sql} as x, ${other.sql} as y from ${table} i${where}`,
    ])();
    return {
      sql: `${outer.length > 0 ? "lateral " : ""}(${sql}) ${name}`,
      fields: [
        { sql: `${name}.x`, type: one.type },
        { sql: `${name}.y`, type: / as y from/.test(sql) && !sql.includes("count(*)") ? other.type : "int" },
      ],
      isLateral: outer.length > 0,
    };
  }

  #fieldsOf(table: string, alias: string): readonly Field[] {
    return Object.entries(FIELDS[table]!).map(([name, type]) => ({ sql: `${alias}.${name}`, type }));
  }

  #key(fields: readonly Field[]): string {
    const { sql, type } = this.#c.pick(fields);
    return this.#c.pick([sql, sql, sql, `${sql}::text`, `coalesce(${sql}, ${CONSTANTS[type][0]!})`]);
  }

  #conditions(fields: readonly Field[], some = fields, others = fields): string {
    const c = this.#c;
    return Array.from({ length: c.onceIn(3) ? 2 : 1 }, () =>
      c.onceIn(2) ? this.#equality(some, others) : this.#condition(c.pick(fields)),
    ).join(c.onceIn(8) ? " or " : " and ");
  }

  #condition({ sql, type }: Field): string {
    const c = this.#c;
    const constant = c.pick(CONSTANTS[type]);
    return c.pick([
      `${sql} = ${constant}`,
      `${sql} = ${constant}`,
      `${sql} = ${constant}`,
      `${sql} is not distinct from ${constant}`,
      `${sql} is not distinct from null::${type}`,
      `${sql} = any (array[${constant}])`,
      `${sql} in (${constant}, ${CONSTANTS[type][1]!})`,
      `${sql} = (select max(id) from labelled)::${type}`,
      `${sql} > ${constant}`,
      `${sql} is not null`,
      `${sql}::text = '1'`,
    ]);
  }

  #equality(some: readonly Field[], others: readonly Field[]): string {
    const c = this.#c;
    const one = c.pick(some);
    const alike = others.filter(({ type, sql }) => type === one.type && sql !== one.sql);
    if (alike.length === 0) return this.#condition(one);
    const other = c.pick(alike);
    const operator = c.onceIn(5) ? "is not distinct from" : "=";
    const written =
      one.type === "text"
        ? c.pick([other.sql, other.sql, `coalesce(${other.sql}, 'x')`, `lower(${other.sql})`])
        : other.sql;
    return `${one.sql} ${operator} ${written}`;
  }
}
