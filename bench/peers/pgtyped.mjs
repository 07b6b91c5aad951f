// What pgtyped says of each column of Solitude's queries, which it is given in its own way of writing them, on a PostgreSQL that has the schema.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = fileURLToPath(new URL("../node_modules/@pgtyped/cli/lib/index.js", import.meta.url));

/** A file of ours as pgtyped reads it; comments inside of statements are left out. */
function translated(text) {
  const queries = text.split(/^(?=-- name: )/m).filter((part) => part.startsWith("-- name: "));
  const written = queries.map((query) => {
    const [head, ...lines] = query.split("\n");
    const statement = lines
      .map((line) => line.replace(/(?:^|\s)--(?: .*)?$/, ""))
      .filter((line) => line.trim() !== "")
      .join("\n")
      .replace(/sqlc\.(?:n?arg|slice)\('?(\w+)'?\)/g, ":$1")
      .replace(/sqlc\.embed\((\w+)\)/g, "$1.*")
      .replace(/(?<![<@\w])@(\w+)/g, ":$1");
    return `/* @name ${head.split(" ")[2]} */\n${statement}\n`;
  });
  return written.join("\n");
}

/** Applies the migrations as their tool does: each in a transaction, unless it says otherwise. */
async function migrate(url) {
  const client = new pg.Client(url);
  await client.connect();
  for (const file of readdirSync(join(ROOT, "schema")).toSorted()) {
    const text = readFileSync(join(ROOT, "schema", file), "utf8");
    const [up] = text.split(/^-- migrate:down/m);
    const isAlone = /^-- migrate:up transaction:false/m.test(text);
    await client.query(isAlone ? up : `begin;${up};commit`);
  }
  await client.end();
}

/** Gives whether a column may be NULL, by query and column, as pgtyped says it. */
function read(folder) {
  const columns = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".queries.ts")))
    for (const [, name, body] of readFileSync(join(folder, file), "utf8").matchAll(
      /^export interface I(\w+)Result \{\n([\s\S]*?)^\}/gm,
    ))
      columns.set(
        name,
        new Map(
          [...body.matchAll(/^ {2}"?([^:"]+)"?: (.*);$/gm)].map(([, column, type]) => [
            column,
            type.endsWith("| null"),
          ]),
        ),
      );
  return columns;
}

/**
 * Gives the table and examples for the page.
 * @param {readonly { name: string; columns: readonly { name: string; nullable: boolean }[] }[]} ours
 */
export async function beside(ours) {
  const { version } = JSON.parse(readFileSync(join(CLI, "../../package.json"), "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "pgtyped-"));
  const server = await startBinaries("16");
  try {
    await migrate(server.url);
    mkdirSync(join(folder, "src"));
    for (const file of readdirSync(join(ROOT, "queries")))
      writeFileSync(join(folder, "src", file), translated(readFileSync(join(ROOT, "queries", file), "utf8")));
    // It refuses domains and composite types that no override is written for.
    const own = new pg.Client(server.url);
    await own.connect();
    const { rows } = await own.query(
      "select typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('d', 'c') and typarray <> 0",
    );
    await own.end();
    const typesOverrides = Object.fromEntries(rows.map(({ typname }) => [typname, "string"]));
    writeFileSync(
      join(folder, "pgtyped.json"),
      JSON.stringify({
        transforms: [{ mode: "sql", include: "**/*.sql", emitTemplate: "{{dir}}/{{name}}.queries.ts" }],
        srcDir: "./src",
        dbUrl: server.url,
        typesOverrides,
      }),
    );
    const ran = spawnSync(process.execPath, [CLI, "-c", "pgtyped.json"], { cwd: folder, encoding: "utf8" });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return compared(ours, read(join(folder, "src")), version);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function compared(ours, theirs, version) {
  const count = { columns: 0, loose: 0 };
  const unsafe = [];
  for (const { name, columns } of ours)
    for (const column of columns) {
      const isNullable = theirs.get(name)?.get(column.name);
      if (isNullable === undefined) continue;
      count.columns += 1;
      if (!isNullable && column.nullable) unsafe.push(`${name}.${column.name}`);
      if (isNullable && !column.nullable) count.loose += 1;
    }
  return `| of the same ${ours.length} queries | pgtyped ${version} | solitude-gen |
| - | -: | -: |
| columns that both have | ${count.columns} | ${count.columns} |
| called NOT NULL, though NULL can come | ${unsafe.length} | 0 |
| called nullable, though it is proven that NULL cannot come | ${count.loose} | 0 |

Called NOT NULL though NULL can come, for example: ${unsafe
    .slice(0, 4)
    .map((column) => `\`${column}\``)
    .join(", ")}.
`;
}
