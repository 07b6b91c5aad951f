import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import type { Catalog } from "../generator/src/check/schema/catalog.ts";
import { compareCatalogs } from "../generator/src/check/schema/compare.ts";
import { readCatalog } from "../generator/src/check/schema/snapshot/read.ts";
import { COMMIT_HERE, renderMigration } from "../generator/src/check/schema/sql/render.ts";
import { splitStatements } from "../generator/src/postgres/raw-parse.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { Bench } from "../generator/test/check/schema/bench.ts";
import { randomSchema } from "../generator/test/check/schema/random-schema.ts";
import { casesToRun, isTouched, sliceToRun } from "./long-form.ts";
import { createDatabase, exclusively, type TestDatabase } from "./postgres/database.ts";

/** The cases of the generator's own test, on PostgreSQL 16: the base migrated is the head made afresh. */
const CASES = fileURLToPath(new URL("../generator/test/check/schema/cases", import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(16);
});
afterAll(() => database.drop());

const CHOSEN = sliceToRun("schema diffs on PostgreSQL 16", readdirSync(CASES).sort(), 6, {
  isTouched: (name) => isTouched(`generator/test/check/schema/cases/${name}`),
});

describe.each(CHOSEN)("%s", (name) => {
  const read = (file: string): string => readFileSync(join(CASES, name, file), "utf8");
  let head: Catalog | undefined;

  /** What a schema and some scripts lead to. Some make roles, which all databases of the server share. */
  const built = (schema: string, scripts: readonly string[] = []): Promise<Catalog> =>
    exclusively(16, async () => {
      const engine = await ServerEngine.start(database.url);
      try {
        await apply(engine, schema, read(schema));
        for (const script of scripts) await engine.run(script);
        return await readCatalog(engine);
      } finally {
        await engine.close();
        await database.pool.query("drop role if exists diff_reader, diff_writer");
      }
    });
  const expectHead = async (scripts: readonly string[]): Promise<void> => {
    head ??= await built("head.sql");
    expect(differences(await built("base.sql", scripts), head)).toEqual([]);
  };

  test("as it is", () => expectHead(read("expected.sql").split(COMMIT_HERE)));

  if (existsSync(join(CASES, name, "online.sql")))
    test("statement by statement, outside of a transaction", async () => {
      const script = read("online.sql");
      const statements = await splitStatements(script);
      await expectHead(statements.map(({ start, end }) => script.slice(start, end)));
    });
});

test("what is stored in composite types outlives a change of them", async () => {
  const read = (file: string): string => readFileSync(join(CASES, "composite-columns", file), "utf8");
  const engine = await ServerEngine.start(database.url);
  try {
    await apply(engine, "base.sql", read("base.sql"));
    await engine.run(`insert into orders values
      (1, (5, 'EUR', 'gone'), array[(1, 'a', 'x'), null, (null, null, null)]::amount[], (3, 4), row(7), ('12', 1)),
      (2, (6, null, null), '{}', null, null, null),
      (3, (7, 'CHF', null), null, (null, null), row(null), ('-1', null));
      insert into events values (1, (1, 2))`);
    await engine.run(read("expected.sql"));
    expect(
      await engine.run(
        "select id, total::text, parts::text, at::text, more::text, odd::text from orders order by id",
      ),
    ).toEqual([
      {
        id: 1,
        total: "(EUR,5,)",
        parts: '{"(a,1,)",NULL,"(,,)"}',
        at: "(3.00,4)",
        more: "(7,)",
        odd: "(12,1)",
      },
      { id: 2, total: "(,6,)", parts: "{}", at: null, more: null, odd: null },
      { id: 3, total: "(CHF,7,)", parts: null, at: "(,)", more: "(,)", odd: "(-1,)" },
    ]);
    expect(await engine.run("select what::text from events_1")).toEqual([{ what: "(1.00,2)" }]);
    expect(await engine.run("select count(*)::int as n from pg_proc where proname ~ '__converted'")).toEqual([
      { n: 0 },
    ]);
  } finally {
    await engine.close();
  }
});

test("what is stored in types that are built on others outlives a change of these", async () => {
  const read = (file: string): string => readFileSync(join(CASES, "nested-types", file), "utf8");
  const engine = await ServerEngine.start(database.url);
  try {
    await apply(engine, "base.sql", read("base.sql"));
    const pair = "row(1, 'green', 'x')::pair";
    await engine.run(`insert into t values (1, 'red', 'green', '{green,red}', ${pair}, array[${pair}, null], ${pair}, array[${pair}],
        row(${pair}, array[${pair}, null], 'green', ${pair}), array[row(${pair}, null, null, null)::outerp],
        '[1,2)', '{[1,2),[3,4)}', '[3,]', '[red,green]', 5, 6, '{7}', row(3, '[1,5)'));
      insert into t (id, pp) values (2, '{}');
      insert into words values ('a', 'b', '{c}')`);
    const rows = (): Promise<readonly unknown[]> =>
      engine.run("select t::text as row from t union all select w::text from words w");
    const before = await rows();
    await engine.run(read("expected.sql"));
    expect(before).toHaveLength(3);
    expect(await rows()).toEqual(before);
  } finally {
    await engine.close();
  }
});

test("what is stored in a column outlives that the parent table no longer gives it", async () => {
  const read = (file: string): string => readFileSync(join(CASES, "children-keep-columns", file), "utf8");
  const engine = await ServerEngine.start(database.url);
  try {
    await apply(engine, "base.sql", read("base.sql"));
    await engine.run(
      "insert into letters values (1, 'kept', 2, '2026-01-01'); insert into old_memos values (3, 'too', 4)",
    );
    await engine.run(read("expected.sql"));
    expect(await engine.run("select body, extra from letters")).toEqual([{ body: "kept", extra: 2 }]);
    expect(await engine.run("select to_jsonb(o) as row from old_memos o")).toEqual([
      { row: { id: 3, body: "too" } },
    ]);
  } finally {
    await engine.close();
  }
});

test("what is stored in tables of a type outlives that their columns are moved and converted, and no trigger fires", async () => {
  const read = (file: string): string => readFileSync(join(CASES, "typed-tables-apart", file), "utf8");
  const engine = await ServerEngine.start(database.url);
  try {
    await apply(engine, "base.sql", read("base.sql"));
    await engine.run(
      `insert into pairs (b, c) values ('x', '2026-01-01'), ('y', null); insert into notes values (2, 'of y');
       insert into changing values (1, 'one'); insert into becomes values ('b', 2); insert into prices values (3, 'EUR');
       insert into readings values ('2026-01-01T00:00Z', '7'); insert into states values ('done', 1)`,
    );
    await engine.run(read("expected.sql"));
    await engine.run("insert into pairs (b) values ('z')");
    const tables = ["pairs", "notes", "changing", "becomes", "prices", "readings", "states"];
    const rows = tables.map((name) => `select to_jsonb(t) as row from ${name} t`).join(" union all ");
    expect((await engine.run(`set timezone = 'UTC'; ${rows}`)).map(({ row }) => row)).toEqual([
      { a: 1, b: "x", c: "2026-01-01", n: null },
      { a: 2, b: "y", c: null, n: null },
      { a: 3, b: "z", c: null, n: null },
      { pair: 2, body: "of y" },
      { a: 1, b: "one", d: null },
      { a: 2, b: "b", d: null },
      { amt: 3, cur: "EUR" },
      { at: "2026-01-01T00:00:00+00:00", Value: 7 },
      { s: "done", n: 1 },
    ]);
  } finally {
    await engine.close();
  }
});

test("what numbers rows goes on behind those that are there", async () => {
  const read = (file: string): string => readFileSync(join(CASES, "identity-to-serial", file), "utf8");
  const engine = await ServerEngine.start(database.url);
  try {
    await apply(engine, "base.sql", read("base.sql"));
    await engine.run(
      `insert into orders select from generate_series(1, 3); insert into items select from generate_series(1, 4)`,
    );
    await engine.run(read("expected.sql"));
    await engine.run(
      `insert into orders default values; insert into items default values; insert into "Odd one" default values`,
    );
    expect(
      await engine.run(
        'select (select max(id) from orders) as o, (select max("No")::int from orders) as n, (select max(id) from items) as i, (select id from "Odd one") as odd',
      ),
    ).toEqual([{ o: 4, n: 4, i: 5, odd: 1 }]);
  } finally {
    await engine.close();
  }
});

async function apply(engine: ServerEngine, path: string, text: string): Promise<void> {
  const problems = await applySchema(engine, [{ path, text }]);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
}

test("a role of a suite that runs beside this one is no difference", async () => {
  const engine = await ServerEngine.start(database.url);
  const role = `solitude_beside_${process.pid}`;
  try {
    const before = await readCatalog(engine);
    await engine.run(`create role ${role}`);
    expect(differences(before, await readCatalog(engine))).toEqual([]);
  } finally {
    await engine.run(`drop role if exists ${role}`);
    await engine.close();
  }
});

/** Roles of suites that run beside this one on the same server, and of Solitude's own migrations: all but those of the cases. */
const OF_ANOTHER_SUITE = /^role:(?!diff_)/;

function differences(...sides: Parameters<typeof compareCatalogs>): string[] {
  const { added, removed, changed } = compareCatalogs(...sides);
  const isOurs = ({ key }: { readonly key: string }): boolean => !OF_ANOTHER_SUITE.test(key);
  return [
    ...added.filter(isOurs).map(({ key }) => `missing: ${key}`),
    ...removed.filter(isOurs).map(({ key }) => `too much: ${key}`),
    ...changed
      .filter(({ to }) => isOurs(to))
      .map(({ from, to }) => `${to.key}: ${JSON.stringify([from.properties, to.properties])}`),
  ];
}

test("random schemas: the migration gives the same on PostgreSQL 16", async () => {
  const bench = await Bench.start();
  const all = {
    runs: Number(process.env.SOLITUDE_RUNS ?? 8),
    seed: Number(process.env.SOLITUDE_SEED ?? 20261124),
  };
  const { runs, seed } = casesToRun("pairs of schemas on PostgreSQL 16", all, 4);
  try {
    await fc.assert(
      fc.asyncProperty(randomSchema, randomSchema, async (base, head) => {
        const { migration } = await bench.diff(base, head);
        fc.pre(migration!.unsupported.length === 0);
        const migrated = await ServerEngine.start(database.url);
        const fresh = await ServerEngine.start(database.url);
        try {
          await apply(migrated, "base.sql", base);
          await apply(fresh, "head.sql", head);
          for (const script of renderMigration(migration!, []).split(COMMIT_HERE)) await migrated.run(script);
          expect(differences(await readCatalog(migrated), await readCatalog(fresh))).toEqual([]);
        } finally {
          await migrated.close();
          await fresh.close();
        }
      }),
      { numRuns: runs, endOnFailure: true, seed },
    );
  } finally {
    await bench.close();
  }
}, 600_000);
