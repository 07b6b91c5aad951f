import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applySchema } from "../../generator/src/analysis/apply-schema.ts";
import { DiskFiles } from "../../generator/src/files/disk-files.ts";
import { type Engine, PostgresError } from "../../generator/src/postgres/engine.ts";
import { EmbeddedEngine } from "../../generator/src/postgres/pglite.ts";
import { queryTree } from "../../generator/src/postgres/query-tree.ts";
import { ServerEngine } from "../../generator/src/postgres/server.ts";
import { Layouts } from "../../generator/src/postgres/tree/layouts.ts";
import { readQueries, readTree, UnreadableTreeError } from "../../generator/src/postgres/tree/read-tree.ts";
import { readSource } from "../../generator/src/source/read-source.ts";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import * as objects from "../soundness/objects-schema.ts";
import * as orders from "../soundness/orders-schema.ts";
import * as letters from "../soundness/schema.ts";
import { type FieldPlace, fieldsOf } from "./fields.ts";

const ROOT = join(import.meta.dirname, "../..");

interface Trees {
  readonly version: number;
  readonly queries: readonly string[];
  readonly expressions: readonly string[];
  readonly refused: readonly string[];
}

/** Of the planner and rewriter: in no tree that is stored or printed after parsing. */
const NEVER = ["NextValueExpr", "ReturningExpr"];
/** In no body of a function. */
const STATEMENTS = ["CreateTableAsStmt", "DeclareCursorStmt", "ExplainStmt", "CallStmt"];

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

describe.each([
  {
    name: "the embedded PostgreSQL",
    open: () => EmbeddedEngine.start(),
    never: NEVER,
    // Two statements have lines that cannot be joined, and are none that a function's body can be.
    refuses: 2,
  },
  {
    name: "PostgreSQL 16",
    open: () => ServerEngine.start(database.url),
    never: [...NEVER, ...STATEMENTS],
    // What came with 17 and 18, and statements that no function's body can be.
    refuses: 60,
  },
])("trees of $name", ({ open, never, refuses }) => {
  let trees: Trees;
  beforeAll(async () => {
    const engine: Engine = await open();
    try {
      trees = await collect(engine);
    } finally {
      await engine.close();
    }
  });

  test("are read: of all queries of the tests, Solitude's, the catalog's own", () => {
    for (const text of trees.queries) expect(readQueries(text, trees.version).length).toBeGreaterThan(0);
    for (const text of trees.expressions) expect(readTree(text, trees.version)).not.toBeNull();
    expect(trees.queries.length).toBeGreaterThan(1_000);
    expect(trees.expressions.length).toBeGreaterThan(300);
    expect(trees.refused.length).toBeLessThanOrEqual(refuses);
  });

  test("have every kind of node that the tables have", () => {
    const labels = new Set(all(trees).flatMap((text) => text.match(/(?<=\{)[A-Z_]+/g) ?? []));
    expect(kindsOf(major(trees)).filter((kind) => !labels.has(kind.toUpperCase()))).toEqual(
      never.filter((kind) => kindsOf(major(trees)).includes(kind)).sort(),
    );
  });

  test("with any field renamed, left out, moved or added are refused by its name", () => {
    const tried = new Set<string>();
    const accepted: string[] = [];
    for (const text of all(trees)) {
      for (const place of fieldsOf(text, major(trees))) {
        const { label, name } = place;
        if (tried.has(`${label}.${name}`)) continue;
        tried.add(`${label}.${name}`);
        for (const [change, changed] of changes(text, place)) {
          const problem = problemOf(changed, trees.version);
          if (!problem?.includes(name)) accepted.push(`${label}.${name} ${change}: ${problem}`);
        }
      }
    }
    expect(accepted).toEqual([]);
    expect(tried.size).toBeGreaterThan(400);
  });
});

test("trees of PostgreSQL 17 are read", () => {
  const lines = readFileSync(join(import.meta.dirname, "postgres-17.txt"), "utf8")
    .trim()
    .split("\n");
  for (const line of lines) expect(readTree(line, 170010)).not.toBeNull();
  const labels = new Set(lines.flatMap((text) => text.match(/(?<=\{)[A-Z_]+/g) ?? []));
  const missing = kindsOf(17).filter((kind) => !labels.has(kind.toUpperCase()));
  expect(missing).toEqual([...STATEMENTS, "NextValueExpr"].sort());
});

function* changes(text: string, { name, start, end }: FieldPlace): Iterable<[string, string]> {
  const field = text.slice(start, end);
  const renamed = field.replace(name, `zz${name}`);
  yield ["renamed", text.slice(0, start) + renamed + text.slice(end)];
  yield ["left out", text.slice(0, start) + text.slice(end)];
  yield ["doubled", text.slice(0, end) + field + text.slice(end)];
  yield ["preceded", text.slice(0, start) + renamed + text.slice(start)];
}

/** Null where it is read. */
function problemOf(text: string, version: number): string | null {
  try {
    readTree(text, version);
    return null;
  } catch (error) {
    if (!(error instanceof UnreadableTreeError)) throw error;
    return error.message;
  }
}

function all({ queries, expressions }: Trees): readonly string[] {
  return [...queries, ...expressions];
}

function major({ version }: Trees): number {
  return Math.floor(version / 10_000);
}

/** Those that are looked into. */
function kindsOf(version: number): readonly string[] {
  return Layouts.of(version)!.kinds();
}

async function collect(engine: Engine): Promise<Trees> {
  const queries: string[] = [];
  const refused: string[] = [];
  const add = async (sql: string): Promise<void> => {
    try {
      const tree = await treeOf(engine, sql);
      if (tree !== null) queries.push(tree);
      else refused.push(sql);
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      refused.push(`${sql}: ${error.message}`);
    }
  };
  const worlds = [
    { schema: read("tests/trees/schema.sql"), file: "tests/trees/statements.sql" },
    { schema: letters.SCHEMA, file: "tests/soundness/hard-queries.sql" },
    { schema: orders.SCHEMA, file: "tests/soundness/orders-queries.sql" },
    { schema: objects.SCHEMA, file: "tests/soundness/objects-queries.sql" },
  ];
  for (const [number, { schema, file }] of worlds.entries()) {
    await engine.run(`create schema world_${number}; set search_path = world_${number}; ${schema}`);
    for (const sql of statements(read(file))) await add(sql);
  }
  await engine.run("reset search_path");
  const set = { schema: ["schema"], queries: ["queries"], schemaSpans: [], queriesSpans: [] };
  const source = await readSource(new DiskFiles(ROOT), set as never);
  await applySchema(engine, source.schema);
  for (const { text } of source.queries) await add(text);
  const column = async (sql: string): Promise<string[]> =>
    (await engine.run(sql)).map((row) => row.tree as string);
  queries.push(
    ...(await column(`select ev_action::text as tree from pg_rewrite union all
      select prosqlbody::text from pg_proc where prosqlbody is not null`)),
  );
  const expressions = await column(`select conbin::text as tree from pg_constraint where conbin is not null
    union all select adbin::text from pg_attrdef
    union all select polqual::text from pg_policy where polqual is not null
    union all select indpred::text from pg_index where indpred is not null
    union all select indexprs::text from pg_index where indexprs is not null
    union all select partexprs::text from pg_partitioned_table where partexprs is not null
    union all select proargdefaults::text from pg_proc where proargdefaults is not null`);
  return { version: engine.version, queries, expressions, refused };
}

/** As the analysis gets it. */
async function treeOf(engine: Engine, sql: string): Promise<string | null> {
  const { params, tree } = await engine.describe(sql);
  if (tree !== undefined) return tree;
  const names: string[] = [];
  for (const oid of params) {
    const [row] = await engine.run(`select format_type(${oid}, -1) as name`);
    names.push(row!.name as string);
  }
  return (await queryTree(engine, sql, names))?.text ?? null;
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function statements(text: string): string[] {
  return text
    .replace(/^--.*$/gm, "")
    .split(/;\s*$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== "");
}
