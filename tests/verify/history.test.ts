import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PoolClient, QueryResult } from "pg";
import type { Verdict } from "../../generator/src/check/verify/verify.ts";
import { askCommand } from "../command.ts";
import { isLongForm, rowsToRun } from "../long-form.ts";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import { ARGS, HISTORY, type PullRequest, QUERIES, SCHEMA } from "./history.ts";
import { LATER_HISTORY } from "./later-history.ts";

// Fifty changes of a project, one after the other; in the short form the first twenty, of which those are judged that differ in kind. Each verdict is held against what really happens on PostgreSQL 16:
// the queries of the version on the other side are run on the schema that they would meet.

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  folder = mkdtempSync(join(tmpdir(), "solitude-verify-"));
});
afterAll(async () => {
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Version {
  readonly migrations: readonly string[];
  readonly queries: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, readonly unknown[]>>;
}
let current: Version = { migrations: [SCHEMA], queries: QUERIES, args: ARGS };

function writeVersion(name: string, { migrations, queries }: Version): string {
  const root = join(folder, name);
  rmSync(root, { recursive: true, force: true });
  for (const part of ["schema", "queries"]) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(
    join(root, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries, gen: { typescript: { out: out } } }]\n',
  );
  for (const [i, text] of migrations.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
  const annotated = Object.entries(queries).map(([query, text]) => `-- name: ${query} ${text}\n`);
  writeFileSync(join(root, "queries/shop.sql"), annotated.join("\n"));
  return root;
}

interface Query {
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly nullable: boolean }[];
}
async function queriesAt(root: string): Promise<readonly Query[]> {
  const { queries, diagnostics } = await askCommand<{ queries: Query[]; diagnostics: unknown[] }>(
    root,
    "analyze",
  );
  expect(diagnostics).toEqual([]);
  return queries;
}

/** What the query gives, or the error; nothing stays. */
async function run(
  client: PoolClient,
  { name, sql }: Query,
  args: Version["args"],
): Promise<QueryResult | Error> {
  await client.query("savepoint s");
  const result = await client.query(sql, [...(args[name] ?? [])]).catch((error: Error) => error);
  await client.query("rollback to savepoint s");
  return result;
}

/** The queries that fail, or deliver what the types of their results exclude. */
async function failing(
  client: PoolClient,
  queries: readonly Query[],
  args: Version["args"],
  atHome: ReadonlyMap<string, QueryResult>,
): Promise<string[]> {
  const found: string[] = [];
  for (const query of queries) {
    const result = await run(client, query, args);
    if (result instanceof Error) {
      found.push(query.name);
      continue;
    }
    const types = (r: QueryResult | undefined): unknown => r?.fields.map((f) => [f.name, f.dataTypeID]);
    const home = atHome.get(query.name);
    const isOther = home !== undefined && JSON.stringify(types(result)) !== JSON.stringify(types(home));
    const hasNull = result.rows.some((row) => query.columns.some((c) => !c.nullable && row[c.name] === null));
    if (isOther || hasNull) found.push(query.name);
  }
  return found.sort();
}

async function atHome(
  client: PoolClient,
  queries: readonly Query[],
  args: Version["args"],
): Promise<Map<string, QueryResult>> {
  const results = new Map<string, QueryResult>();
  for (const query of queries) {
    const result = await run(client, query, args);
    if (result instanceof Error)
      throw new Error(`${query.name}, on the schema that it was written for: ${result.message}`);
    results.set(query.name, result);
  }
  return results;
}

const breaking = ({ findings }: Verdict, order: string): string[] =>
  [...new Set(findings.filter((f) => f.order === order && f.effect === "breaks").map((f) => f.query))].sort();

/** Judged in the short form: each order alone, both, neither, what only data can tell, and a text of a star that was expanded. */
const OF_EACH_KIND = new Set([
  "a nullable column that a new query reads",
  "a required column with a default",
  "the total becomes bigint",
  "the remark is required from now on",
  "the unique key that an upsert relies on is dropped",
  "the view gets another column; the deployed star was expanded",
  "an amount must be positive: only the data can tell",
]);
const changes = isLongForm ? [...HISTORY, ...LATER_HISTORY] : HISTORY;
/** The others are merely merged. */
const judged = new Set(rowsToRun(changes, ({ title }) => OF_EACH_KIND.has(title)));

const expectation = (change: PullRequest): string => (judged.has(change) ? "" : " (merged)");

test.each(changes.map((change) => [change.title + expectation(change), change] as const))(
  "%s",
  async (_, change) => {
    const before = current;
    const queries = Object.fromEntries(
      Object.entries({ ...before.queries, ...change.queries }).filter(
        (e): e is [string, string] => e[1] !== null,
      ),
    );
    const after: Version = {
      migrations:
        change.migration === undefined ? before.migrations : [...before.migrations, change.migration],
      queries,
      args: { ...before.args, ...change.args },
    };
    current = after;
    if (!judged.has(change)) {
      await database.pool.query(change.migration ?? "select");
      return;
    }
    const [baseRoot, headRoot] = [writeVersion("base", before), writeVersion("head", after)];
    const [deployed, next] = [await queriesAt(baseRoot), await queriesAt(headRoot)];
    const verdict = await askCommand<Verdict>(headRoot, "verify", "--against", baseRoot);

    expect(verdict.findings.filter(({ code }) => code === "verify-untried")).toEqual([]);
    expect(verdict.schemaChanged).toBe(change.migration !== undefined);

    const client = await database.pool.connect();
    try {
      // On the deployed schema: the deployed version as it is, and the new one ahead of its migration.
      await client.query("begin");
      const deployedAtHome = await atHome(client, deployed, before.args);
      const ahead = await failing(client, next, after.args, new Map());
      await client.query("rollback");
      // The migration stays; what the new version wrote does not.
      if (change.migration !== undefined) await client.query(change.migration);
      await client.query("begin");
      await client.query(change.writes ?? "");
      const behind = await failing(
        client,
        deployed,
        { ...before.args, ...(change.writes ? change.args : {}) },
        deployedAtHome,
      );
      const nextAtHome = await atHome(client, next, after.args);
      await client.query("rollback");
      // Types of results differ between the schemas, too, for the version that came first.
      const other = next.filter(({ name }) => {
        const [a, b] = [deployedAtHome.get(name), nextAtHome.get(name)];
        const types = (r: QueryResult | undefined) =>
          JSON.stringify(r?.fields.map((f) => [f.name, f.dataTypeID]));
        const isSame = deployed.some(
          (d) => d.name === name && d.sql === next.find((n) => n.name === name)?.sql,
        );
        return isSame && a !== undefined && types(a) !== types(b);
      });
      const aheadAll = [...new Set([...ahead, ...other.map(({ name }) => name)])].sort();

      expect({
        safe: verdict.safe,
        broken: breaking(verdict, "migrate-first"),
        ahead: breaking(verdict, "deploy-first"),
      }).toEqual({
        safe: change.safe,
        broken: change.broken ?? [],
        ahead: change.brokenAhead ?? [],
      });
      expect({ broken: behind, ahead: aheadAll }).toEqual({
        broken: change.broken ?? [],
        ahead: change.brokenAhead ?? [],
      });
    } finally {
      client.release();
    }
  },
);
