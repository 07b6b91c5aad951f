import fc from "fast-check";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import type { Migration } from "../generator/src/check/schema/sql/migrate.ts";
import type { Statement } from "../generator/src/check/schema/sql/statement.ts";
import { type Engine, PostgresError, type Row } from "../generator/src/postgres/engine.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { quoteIdentifier } from "../generator/src/sql/quoting.ts";
import { Bench } from "../generator/test/check/schema/bench.ts";
import { type Pair, randomPair } from "../generator/test/check/schema/random-rows.ts";
import { casesToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// Migrations that `diff --sql` writes, run over rows on PostgreSQL 16. What rows refuse is said above the statement that they refuse, and what is
// stored stays where no line says that it is deleted.

let database: TestDatabase;
let bench: Bench;
beforeAll(async () => {
  database = await createDatabase(16);
  bench = await Bench.start();
});
afterAll(async () => {
  await bench.close();
  await database.drop();
});

/** SOLITUDE_SEED and SOLITUDE_FUZZ_RUNS try other pairs, SOLITUDE_FUZZ_SECONDS as many as there is time for. */
test("rows refuse nothing, and lose nothing, that is not said", async () => {
  const all = {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 24),
    seed: Number(process.env.SOLITUDE_SEED ?? 20261201),
  };
  const { runs, seed } = casesToRun("pairs of schemas with rows", all, 4);
  const counts = { migrated: 0, refused: 0, unwritten: 0 };
  const left: string[] = [];
  const until = Date.now() + Number(process.env.SOLITUDE_FUZZ_SECONDS ?? 3600) * 1000;
  await fc.assert(
    fc.asyncProperty(randomPair, async (pair) => {
      if (Date.now() > until) return;
      const { migration } = await bench.diff(pair.base, pair.head).catch((error: Error) => {
        left.push(`${error.message}\n${shown(pair)}`);
        return { migration: null };
      });
      if (migration === null) return;
      if (migration.unsupported.length > 0) {
        counts.unwritten++;
        return;
      }
      const found = await migrate(pair, migration);
      counts[found.isRefused ? "refused" : "migrated"]++;
      left.push(...found.left.map((one) => `${one}\n${shown(pair)}`));
    }),
    { numRuns: runs, endOnFailure: true, seed },
  );
  console.info(counts);
  expect(left).toEqual([]);
  expect(counts.migrated).toBeGreaterThan(0);
}, 3_600_000);

const shown = ({ base, head, rows }: Pair): string =>
  `${base}-- rows\n${rows.join(";\n")};\n-- head\n${head}`;

/** Runs a migration over the rows, and gives what is wrong with it. */
async function migrate(
  { base, rows }: Pair,
  { statements }: Migration,
): Promise<{ readonly isRefused: boolean; readonly left: string[] }> {
  const engine = await ServerEngine.start(database.url);
  try {
    const problems = await applySchema(engine, [{ path: "base.sql", text: base }]);
    const wrong = problems.filter(({ severity }) => severity === "error");
    if (wrong.length > 0) return { isRefused: false, left: [JSON.stringify(wrong)] };
    for (const row of rows)
      await engine.run(row).catch((error) => {
        if (!(error instanceof PostgresError)) throw error;
      });
    const before = await stored(engine);
    const refusal = await run(engine, statements);
    if (refusal !== null) {
      const { statement, error } = refusal;
      const isTold = statement.note !== null && /^2[23]/.test(error.sqlState);
      return {
        isRefused: true,
        left: isTold ? [] : [`${error.sqlState} ${error.message}: ${statement.note}\n${statement.sql}`],
      };
    }
    const said = statements.flatMap(({ destroys, note }) => [destroys ?? [], note ?? []].flat()).join("\n");
    return { isRefused: false, left: lost(before, await stored(engine), said) };
  } finally {
    await engine.close();
  }
}

interface Refusal {
  readonly statement: Statement;
  readonly error: PostgresError;
}

async function run(engine: Engine, statements: readonly Statement[]): Promise<Refusal | null> {
  for (const statement of statements) {
    try {
      await engine.run(statement.sql);
    } catch (error) {
      if (error instanceof PostgresError) return { statement, error };
      throw error;
    }
  }
  return null;
}

/** The values of each column of each table, by its name, in the rows' order of creation. */
async function stored(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const columns = await engine.run(
    `select c.relname::text as table, a.attname::text as column from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
  );
  const values = new Map<string, string>();
  for (const { table, column } of columns as readonly Row[]) {
    const name = quoteIdentifier(String(column));
    const rows = await engine.run(
      `select count(${name})::int as n, array_agg(${name}::text order by ${name}::text)::text as all from only ${quoteIdentifier(String(table))}`,
    );
    values.set(`${table}.${column}`, JSON.stringify(rows[0]));
  }
  return values;
}

/** Finds the columns of which fewer values are there, and no word was said: of the column, the table, the attribute that it is, or the parent's that gives it. */
function lost(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  said: string,
): string[] {
  return [...before].flatMap(([name, values]) => {
    const now = after.get(name);
    const [table, column] = name.split(".") as [string, string];
    const words = [`public.${name} `, `public.${table} `, `attribute public.pair.${column} `];
    if (table === "child") words.push(`public.t.${column} `);
    const isSaid = words.some((one) => said.includes(one));
    const [had, has] = [values, now].map((one) => (one === undefined ? 0 : JSON.parse(one).n));
    if (isSaid || had === has) return [];
    return [`${name}: ${values} became ${now ?? "nothing"}`];
  });
}
