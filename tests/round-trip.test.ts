import { createPool, type Pool } from "@solitude/runtime";
import postgres from "postgres";
import { generateCode } from "./generate-code.ts";
import { sliceToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import fc from "./properties.ts";
import { EXTREMES, SCHEMA, TYPES } from "./round-trip-values.ts";

// Every type that generated code can map, there and back through every way in and out, with the server as the judge.

interface Row {
  readonly id: number;
  readonly v: unknown;
  readonly a: readonly unknown[] | null;
}
type Settled = PromiseSettledResult<Row | null>[];
interface Module {
  [name: `put${string}`]: (client: unknown, args: Row) => Promise<Row | null>;
  [name: `batch${string}`]: (client: unknown, args: readonly Row[]) => Promise<Settled>;
  [name: `copy${string}`]: (client: unknown, args: Iterable<Row> | AsyncIterable<Row>) => Promise<number>;
  [name: `list${string}`]: (client: unknown) => Promise<Row[]>;
  [name: `stream${string}`]: (client: unknown) => AsyncIterable<Row>;
}

const tables = TYPES.map(([name, type]) => `create table t_${name} (id int, v ${type}, a ${type}[]);`);
const queriesOf = (names: readonly string[]): string =>
  names
    .map(
      (name) => `
-- name: Put_${name} :one
insert into t_${name} (id, v, a) values ($1, sqlc.narg(v), sqlc.narg(a)) returning *;
-- name: Batch_${name} :batchone
insert into t_${name} (id, v, a) values ($1, sqlc.narg(v), sqlc.narg(a)) returning *;
-- name: Copy_${name} :copyfrom
insert into t_${name} (id, v, a) values ($1, sqlc.narg(v), sqlc.narg(a));
${list(name)}`,
    )
    .join("");
const list = (name: string): string => `-- name: List_${name} :many
select * from t_${name} order by id;
`;

const OWN_TEXT = { timestamp: "string", timestamptz: "string" } as const;

const MODES = {
  text: OWN_TEXT,
  objects: {
    int8: "bigint",
    date: "date",
    timestamp: "date",
    timestamptz: "date",
  },
  numbers: { ...OWN_TEXT, int8: "number", numeric: "number", ranges: "string" },
} as const;

let database: TestDatabase;
let pool: Pool;
let sql: postgres.Sql;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  await database.pool.query(tables.join("\n"));
  pool = createPool({ connectionString: database.url, max: 4 });
  sql = postgres(database.url, { max: 4, onnotice: () => {} });
});
afterAll(async () => {
  await pool?.close();
  await sql?.end();
  await database?.drop();
});

/** NULL alone, NULL in an array, no elements, and every value alone and among others. */
function rowsOf(values: readonly unknown[]): Row[] {
  const rows = values.map((v) => ({ v, a: [v, null, v] }));
  return [...rows, { v: null, a: null }, { v: null, a: [] }, { v: null, a: values }].map((row, id) => ({
    id,
    ...row,
  }));
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What the drivers of one form have in common is tried on one of them in every mode. */
const MODES_OF = {
  "@solitude/runtime": ["text", "objects", "numbers"],
  pg: ["text", "objects", "numbers"],
  postgres: ["objects"],
} as const;

/** Types that are tried beside those of a driver's slice: all that arbitrary values are made of. */
const OF_ARBITRARIES = new Set(
  "text bytea float8 jsonb hstore tree int8 timestamptz timestamp date".split(" "),
);
const NAMES = TYPES.map(([name]) => name);
const WAYS = Object.entries(MODES_OF).flatMap(([driver, modes]) => modes.map((mode) => `${driver} ${mode}`));

describe.each(["@solitude/runtime", "pg", "postgres"] as const)("driver %s", (driver) => {
  describe.each(MODES_OF[driver])("values as %s", (mode) => {
    const options = MODES[mode];
    // Each begins at another one: a run has every type, with two drivers at least.
    const first = WAYS.indexOf(`${driver} ${mode}`);
    const inTurn = [...NAMES.slice(first), ...NAMES.slice(0, first)];
    const chosen = sliceToRun(`types, by ${driver}, as ${mode}`, inTurn, 3);
    const names = NAMES.filter(
      (name) => chosen.includes(name) || (driver === "@solitude/runtime" && OF_ARBITRARIES.has(name)),
    );
    let module: Module;
    let remove: () => void = () => {};
    const isRuntime = driver === "@solitude/runtime";
    beforeAll(async () => {
      const code = await generateCode<Module>(SCHEMA + tables.join("\n"), queriesOf(names), {
        driver,
        ...options,
      });
      ({ module, remove } = code);
    });
    afterAll(() => remove());
    const client = (): unknown => ({ "@solitude/runtime": pool, pg: database.pool, postgres: sql })[driver];

    async function stored(name: string): Promise<Row[]> {
      const rows = await module[`list_${name}` as const]!(client());
      if (driver !== "pg")
        expect(await collect(module[`list_${name}Stream` as never as `stream`]!(client()))).toEqual(rows);
      await database.pool.query(`truncate t_${name}`);
      return rows;
    }

    test.each(names)("%s, through query, batch and copy", async (name) => {
      const expected = rowsOf(EXTREMES[mode](name));
      const put: (Row | null)[] = [];
      for (const row of expected) put.push(await module[`put_${name}` as const]!(client(), row));
      expect(put).toEqual(expected);
      expect(await stored(name)).toEqual(expected);
      const settled = await module[`batch_${name}` as const]!(client(), expected);
      expect(settled).toEqual(expected.map((value) => ({ status: "fulfilled", value })));
      expect(await stored(name)).toEqual(expected);
      for (const rows of [expected, each(expected)]) {
        expect(await module[`copy_${name}` as const]!(client(), rows)).toBe(expected.length);
        expect(await stored(name)).toEqual(expected);
      }
    });

    if (!isRuntime) return;

    const text = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0") && !/\p{Surrogate}/u.test(s));
    const time = fc.date({ min: new Date(-2e14), max: new Date(8e15), noInvalidDate: true });
    const day = time.map((d) => new Date(Math.floor(d.getTime() / 864e5) * 864e5));
    const number = fc.double({ noNaN: false });
    const arbitraries: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
      text,
      bytea: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      float8: number,
      jsonb: fc
        .jsonValue({ depthSize: "small" })
        .map((v) => JSON.parse(JSON.stringify(v).replace(/\\u0000|\\ud[89a-f]../gi, "")))
        .filter((v) => v !== null),
      hstore: fc.dictionary(text, fc.option(text), { noNullPrototype: true }),
      tree: fc.record(
        {
          label: fc.option(text),
          tags: fc.option(fc.array(fc.option(text))),
          at: fc.constant(null),
          inner: fc.constant(null),
        },
        { noNullPrototype: true },
      ),
      ...(mode === "objects"
        ? {
            int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
            timestamptz: time,
            timestamp: time,
            date: day,
          }
        : {}),
      ...(mode === "numbers" ? { int8: fc.maxSafeInteger() } : {}),
    };
    test.each(Object.keys(arbitraries))("%s, whatever it is", async (name) => {
      await fc.assert(
        fc.asyncProperty(fc.array(arbitraries[name]!, { minLength: 1, maxLength: 8 }), async (values) => {
          const expected = rowsOf(values);
          expect(await module[`batch_${name}` as const]!(client(), expected)).toEqual(
            expected.map((value) => ({ status: "fulfilled", value })),
          );
          expect(await stored(name)).toEqual(expected);
          await module[`copy_${name}` as const]!(client(), expected);
          expect(await stored(name)).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    });
  });
});

describe("a value that its type cannot hold", () => {
  const cases = [
    ["numbers", "int8", "9007199254740993", "beyond the integers"],
    ["objects", "timestamptz", "infinity", "not a point in time"],
    ["objects", "date", "-infinity", "not a point in time"],
    ["objects", "timestamp", "294276-12-31 23:59:59", "not a point in time"],
  ] as const;
  test.each(cases)("is an error that names query and column: %s, %s", async (mode, name, value, reason) => {
    const code = await generateCode<Module>(SCHEMA + tables.join("\n"), list(name), {
      driver: "@solitude/runtime",
      ...MODES[mode],
    });
    try {
      await database.pool.query(`insert into t_${name} (id, v) values (1, $1)`, [value]);
      const error = await code.module[`list_${name}` as const]!(pool).catch((e: unknown) => e);
      expect(error).toMatchObject({ name: "DecodeError", query: `List_${name}`, column: "v" });
      expect(String(error)).toContain(reason);
      expect(String(error)).not.toContain(value);
    } finally {
      code.remove();
      await database.pool.query(`truncate t_${name}`);
    }
  });
});

test("a time reads as `to_json` writes it, and is the same time when it comes back", async () => {
  const queries = ["timestamp", "timestamptz"].map(
    (name) => `
-- name: Show_${name} :many
select id, v, to_json(v)#>>'{}' as json, v = sqlc.arg(again)::${name} as is_same from t_${name} where id = sqlc.arg(id);
`,
  );
  const code = await generateCode<Record<string, (client: Pool, args: object) => Promise<object[]>>>(
    SCHEMA + tables.join("\n"),
    queries.join(""),
    { driver: "@solitude/runtime" },
  );
  try {
    for (const name of ["timestamp", "timestamptz"]) {
      const values = [...(EXTREMES.text(name) as string[]), "1883-11-18 12:03:57-00:03:58"];
      await database.pool.query(
        `insert into t_${name} (id, v) select * from unnest($1::int[], $2::${name}[])`,
        [values.map((_, id) => id), values],
      );
      for (const id of values.keys()) {
        const [row] = (await code.module[`show_${name}`]!(pool, { id, again: "now" })) as [
          { v: string; json: string },
        ];
        expect(row.v).toBe(row.json);
        expect(await code.module[`show_${name}`]!(pool, { id, again: row.v })).toMatchObject([
          { isSame: true },
        ]);
      }
    }
  } finally {
    code.remove();
    await database.pool.query("truncate t_timestamp, t_timestamptz");
  }
});
