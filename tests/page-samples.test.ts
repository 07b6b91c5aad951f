import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createProgram } from "../generator/src/cli/program.ts";
import { loadConfig } from "../generator/src/config/load.ts";
import { generateIn } from "./command.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { SHORT_LIVED } from "./short-lived.ts";
import { SNAPSHOTS } from "./snapshots.ts";
import { writeStrictConfig } from "./strict-project.ts";

// Samples of pages that no other suite follows: what adapts, what keys are, the first pages of the packages; and every command that any page shows.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const blocks = (path: string, language: string): string[] =>
  [...read(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, text]) => text!,
  );

/** What the pages' queries are of. */
const ADAPTIVE_SCHEMA = `create table agent (id integer primary key, workspace_id integer not null, name text not null, blurb text, status text not null,
  price_cents integer not null, updated_at timestamptz not null default now());
create table agent_tag (agent_id integer, name text, weight integer, primary key (agent_id, name));
create table review (id integer primary key, stars integer not null, created_at timestamptz);
create table run (id integer primary key, workspace_id integer not null, agent_id integer, status text not null, started_at timestamptz);
create type job_status as enum ('queued', 'done');
create table jobs (id uuid primary key, workspace_id integer not null, status job_status not null, created_at timestamptz not null);
create table user_profiles (user_id integer primary key, headline text, bio text);
create type workspace_role as enum ('owner', 'member');
create table workspace_members (workspace_id uuid, user_id uuid, role workspace_role not null, primary key (workspace_id, user_id));
`;
const KEYS_SCHEMA = `create table users (id uuid primary key);
create table workspaces (id uuid primary key);
create table agents (id uuid primary key, workspace_id uuid not null references workspaces);
`;
const KEYS_QUERIES = `-- name: GetAgent :one
select * from agents where workspace_id = @workspace_id and id = @id;

-- name: GetUser :one
select * from users limit 1;
`;
const ORDERS_SCHEMA = `create table customers (id bigint primary key, name text not null);
create table orders (id bigint primary key, customer_id bigint not null references customers, total numeric not null);
`;

let folder: string;
beforeAll(() => {
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "tests/tmp/samples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "" };
  const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Sorts queries so that none has the name of another in its list: a page shows some before and after. */
function withoutRepeats(queries: readonly string[]): [first: string, again: string] {
  const seen = new Set<string>();
  const lists: [string[], string[]] = [[], []];
  for (const query of queries) {
    const name = /^-- name: (\w+)/.exec(query)![1]!;
    lists[seen.has(name) ? 1 : 0].push(query);
    seen.add(name);
  }
  return [lists[0].join("\n"), lists[1].join("\n")];
}

test("samples are generated, compile, and run", async () => {
  const adaptive = blocks("docs/adaptive-queries.md", "sql");
  const [first, again] = withoutRepeats(adaptive);
  const projects: Record<string, { schema: string; queries: string; options?: object }> = {
    adaptive: { schema: ADAPTIVE_SCHEMA, queries: first },
    after: { schema: ADAPTIVE_SCHEMA, queries: again },
    keys: { schema: KEYS_SCHEMA, queries: KEYS_QUERIES, options: { brand_keys: true } },
    orders: { schema: ORDERS_SCHEMA, queries: blocks("README.md", "sql").join("\n") },
  };
  expect(blocks("generator/README.md", "sql")).toEqual(blocks("README.md", "sql"));
  const sql = Object.entries(projects).map(([name, { schema, queries, options }]) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "schema.sql"), schema);
    writeFileSync(join(folder, name, "queries.sql"), queries);
    const typescript = { out: `${name}/db`, driver: "@solitude/runtime", ...options };
    return {
      engine: "postgresql",
      schema: `${name}/schema.sql`,
      queries: `${name}/queries.sql`,
      gen: { typescript },
    };
  });
  writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql }));
  writeStrictConfig(folder);

  writeFileSync(
    join(folder, "adaptive.ts"),
    `import { createTestDatabase } from "@solitude/runtime/testing";
import { listAgentsWithCost, listRuns, searchAgents, tagAgents } from "./adaptive/db";
const database = await createTestDatabase({ schema: { files: "adaptive/schema.sql" }, cache: ${JSON.stringify(SNAPSHOTS)} });
await database.begin();
const db = database.pool;
const workspaceId = 1;
const isAdmin = Math.random() < 0.5;
${blocks("docs/adaptive-queries.md", "ts").join("\n")}
console.log(typeof agent, typeof other, typeof either);
await database.rollback();
await database.close();
`,
  );
  const [declaration = "", call = ""] = blocks("docs/keys.md", "ts")[0]!.split(/\n(?=await )/);
  const wrong = /\/\/ +\^\^ Type '(\w+)' is not assignable to type '(\w+)'/.exec(call)!;
  writeFileSync(
    join(folder, "keys.ts"),
    `import type { Pool } from "@solitude/runtime";
import { getAgent, getUserOrThrow, type AgentId, type UserId, type WorkspaceId } from "./keys/db";
declare const db: Pool;
declare const workspaceId: WorkspaceId;
const user = await getUserOrThrow(db);
// @ts-expect-error
${call}
const agent: AgentId | undefined = (await getAgent(db, { workspaceId, id: "" as AgentId }))?.id;
export const ids: { ${wrong[1]}: UserId; ${wrong[2]}: typeof agent } = { UserId: user.id, AgentId: agent };
`,
  );
  const shown = blocks("README.md", "ts").find((block) => block.includes("ListOrdersRow"))!;
  expect(blocks("generator/README.md", "ts")).toContain(shown);
  writeFileSync(
    join(folder, "shown.d.ts"),
    `import type { Client } from "./orders/db/queries_sql";\n${shown.replace("export async function", "export function")}`,
  );
  writeFileSync(
    join(folder, "orders.ts"),
    `import * as generated from "./orders/db";
import type * as shown from "./shown";
export const there: typeof shown.listOrders = generated.listOrders;
export const back: typeof generated.listOrders = null as unknown as typeof shown.listOrders;
export const row: (row: shown.ListOrdersRow) => generated.ListOrdersRow = (row) => row;
`,
  );
  const ofClient = [...blocks("README.md", "ts"), ...blocks("generated/README.md", "ts")].filter((block) =>
    block.includes("@solitude/client"),
  );
  const around = [
    `import type { AgentId, AppendAuditLogArgs, UserId } from "@solitude/client";
import type { WorkspaceId } from "@solitude/runtime";
declare const id: AgentId, workspaceId: WorkspaceId, userId: UserId, entry: AppendAuditLogArgs;`,
    'import type { UserId } from "@solitude/client";\nconst pool = createPool();\ndeclare const id: UserId;',
  ];
  for (const [i, block] of ofClient.entries()) {
    const imports = block.match(/^import .*\n/gm)!.join("");
    writeFileSync(
      join(folder, `client${i}.ts`),
      `${imports}${around[i]}
${block.replace(/^import .*\n/gm, "")}
export { ${/^const (\w+) = await/m.exec(block)![1]} };
`,
    );
  }
  expect(ofClient).toHaveLength(around.length);

  await generateIn(folder);
  run([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".", ...ONE_CHECKER]);
  expect(readFileSync(join(folder, "keys/db/models.ts"), "utf8").replace(/\s+/g, " ")).toContain(
    declaration.trim().replace(/\s+/g, " "),
  );
  await build({
    entryPoints: [join(folder, "adaptive.ts")],
    outfile: join(folder, "adaptive.mjs"),
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "node",
  });
  expect(run([...SHORT_LIVED, "adaptive.mjs"])).toBe("undefined undefined undefined\n");
});

test("configuration that a first page shows is what the tool takes", async () => {
  for (const path of ["README.md", "generator/README.md"])
    for (const block of blocks(path, "yaml")) {
      const head =
        'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql, gen: { typescript: { out: db } } }]\n';
      writeFileSync(join(folder, "sqlc.yaml"), `${head}${block}`);
      expect((await loadConfig("sqlc.yaml", folder, { PROD_URL: "postgres://db/shop" })).diagnostics).toEqual(
        [],
      );
    }
});

/** Every page but those that tell of what was. */
function pages(): string[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const all = docs
    .filter((file) => /\.md$/.test(file) && !/^decisions/.test(file))
    .map((file) => `docs/${file}`);
  return ["README.md", "generator/README.md", "runtime/README.md", "site/home.md", ...all];
}

test("every command that a page shows is one, with the options that it has", () => {
  const program = createProgram("0.0.0", async () => {});
  const unknown: string[] = [];
  let shown = 0;
  for (const page of pages())
    for (const [, words = ""] of read(page).matchAll(
      /(?:npx |`)solitude-gen ([a-z][a-z-]*(?: [^`\n#|]*)?)/g,
    )) {
      const [name, ...rest] = words.trim().split(/\s+/);
      if (name === "help") continue;
      const command = program.commands.find((one) => one.name() === name || one.aliases().includes(name!));
      shown += 1;
      if (command === undefined) unknown.push(`${page}: ${words}`);
      const known = new Set(
        [...(command?.options ?? []), ...program.options].flatMap(({ long, short }) => [long, short]),
      );
      for (const word of rest.filter((one) => /^--?[a-z]/.test(one)))
        if (!known.has(word.replace(/[=,)].*$/, ""))) unknown.push(`${page}: ${words} (${word})`);
    }
  expect(shown).toBeGreaterThan(50);
  expect(unknown).toEqual([]);
});
