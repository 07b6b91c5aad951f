import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Verdict } from "../../generator/src/check/verify/verify.ts";
import { askCommand } from "../command.ts";
import { createDatabase, exclusively, type TestDatabase } from "../postgres/database.ts";
import fc from "../properties.ts";
import { applyTo, call } from "./calls.ts";
import { BASE, CHANGES, DATA, STATEMENTS } from "./crossed.ts";

// Changes and statements, put together at random: where PostgreSQL 16 refuses a deployed query on the new schema, called as the application's role, or
// answers otherwise, `verify` says something. A hunt: SOLITUDE_CROSSED for so many pairs, SOLITUDE_SEED for others.

const ROLE = `solitude_crossed_${process.pid}`;
const OWNER = `${ROLE}_owner`;
const CONFIG = 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries }]\n';
const COUNT = Number(process.env.SOLITUDE_CROSSED ?? 6);

interface Pair {
  readonly name: string;
  readonly base: string;
  readonly change: string;
  readonly data: readonly (readonly string[])[];
  readonly query: string;
  readonly calls: readonly (readonly unknown[])[];
}

function pairs(): Pair[] {
  const one = fc.tuple(fc.nat(CHANGES.length - 1), fc.nat(STATEMENTS.length - 1));
  const chosen = fc.sample(
    fc.uniqueArray(one, { minLength: COUNT, maxLength: COUNT, selector: String }),
    1,
  )[0]!;
  return chosen.map(([change, statement], i) => {
    const t = `p${String(i).padStart(3, "0")}`;
    const fill = (text: string): string =>
      text.replaceAll("{t}", t).replaceAll("application", ROLE).replaceAll("{o}", OWNER);
    const { query, calls } = STATEMENTS[statement]!;
    return {
      name: `Q${t}`,
      base: fill(BASE),
      change: fill(CHANGES[change]!),
      data: DATA.map((list) => list.map(fill)),
      query: fill(query),
      calls,
    };
  });
}

let folder: string;
let databases: { readonly old: TestDatabase; readonly new: TestDatabase } | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-crossed-"));
});
afterAll(async () => {
  await databases?.new.drop();
  await databases?.old.pool.query(`drop owned by ${ROLE}, ${OWNER}; drop role ${ROLE}; drop role ${OWNER}`);
  await databases?.old.drop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, schema: readonly string[], all: readonly Pair[]): string {
  const root = join(folder, name);
  for (const part of ["schema", "queries"]) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(join(root, "sqlc.yaml"), CONFIG);
  for (const [i, text] of schema.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
  const texts = all.map(({ name, query }) => `-- name: ${name} ${query.replace(" ", "\n")};\n`);
  writeFileSync(join(root, "queries/q.sql"), texts.join("\n"));
  return root;
}

/** Chooses the rows that both schemas take, whatever triggers and rules say. */
async function fitting(data: Pair["data"]): Promise<string> {
  const clients = [await databases!.old.pool.connect(), await databases!.new.pool.connect()];
  const both = (sql: string): Promise<unknown> => Promise.all(clients.map((client) => client.query(sql)));
  const chosen: string[] = [];
  try {
    await both(`begin; ${QUIETLY}`);
    for (const list of data)
      for (const sql of list) {
        await both("savepoint s");
        const isTaken = await Promise.all(
          clients.map((client) =>
            client.query(sql).then(
              () => true,
              () => false,
            ),
          ),
        );
        await both(isTaken.includes(false) ? "rollback to s" : "release s");
        if (isTaken.includes(false)) continue;
        chosen.push(sql);
        break;
      }
    await both("rollback");
  } finally {
    for (const client of clients) client.release(true);
  }
  return `${QUIETLY}; ${chosen.join("; ")}; set local session_replication_role = origin`;
}
const QUIETLY = "set local session_replication_role = replica";

/** An answer as clients see it: what type a number has on the server is nothing to them, nor how many zeros are behind it. */
function asSeen(answer: unknown): string {
  const { types: _, ...rest } = answer as { readonly types?: unknown };
  return JSON.stringify(rest, (_key, value: unknown) =>
    typeof value === "string" && /^-?\d+\.\d+$/.test(value) ? `number ${Number(value)}` : value,
  );
}

test("what PostgreSQL refuses, or answers otherwise, is told", async () => {
  const all = pairs();
  const base = [
    `create role ${ROLE}; create role ${OWNER};`,
    ...all.map((pair) => pair.base),
    `grant all on all tables in schema public to ${ROLE}; grant all on all sequences in schema public to ${ROLE};`,
  ].join("\n");
  const change = all.map((pair) => pair.change).join("\n");
  const roots = { base: write("base", [base], all), head: write("head", [base, change], all) };
  const verdict = await askCommand<Verdict>(roots.head, "verify", "--against", roots.base, "--role", ROLE);
  const { queries } = await askCommand<{
    queries: readonly { readonly name: string; readonly sql: string }[];
  }>(roots.base, "analyze");
  const sent = new Map(queries.map(({ name, sql }) => [name, sql]));

  await exclusively(16, async () => {
    databases = { old: await createDatabase(), new: await createDatabase() };
    await applyTo(databases.old, base);
    await applyTo(databases.new, base.replace(/^create role.*$/m, ""));
  });
  await applyTo(databases!.new, change);

  const silent: string[] = [];
  const alarms: string[] = [];
  for (const { name, change, data, calls, query } of all) {
    const sql = sent.get(name);
    if (sql === undefined) throw new Error(`PostgreSQL refuses ${query} on the deployed schema`);
    const own = verdict.findings.filter((one) => one.query === name && one.order === "migrate-first");
    const stored = await fitting(data);
    let seen: string | null = null;
    let isCalled = false;
    for (const args of calls) {
      const as = { role: ROLE, data: stored, sql, args };
      const [home, other] = [await call(databases!.old.pool, as), await call(databases!.new.pool, as)];
      if ("error" in (home as object)) continue;
      isCalled = true;
      if (asSeen(home) !== asSeen(other))
        seen ??= `${JSON.stringify(args)}: ${JSON.stringify(home)} → ${JSON.stringify(other)}`;
    }
    const where = `${change}\n  ${query}\n  `;
    if (seen !== null && own.length === 0) silent.push(where + seen);
    const broken = own.find(({ effect }) => effect === "breaks");
    if (seen === null && isCalled && broken !== undefined)
      alarms.push(`${where}${broken.code}: ${broken.message}`);
  }
  // The types that its client was given may exclude what no call here delivers.
  if (process.env.SOLITUDE_CROSSED !== undefined)
    console.info(
      `${all.length} pairs, ${silent.length} silent; said to break where no call shows it:\n${alarms.join("\n")}`,
    );
  expect(silent).toEqual([]);
});
