// Gives the bad and good examples of every rule of `vet` on migrations to the linters that others have, and writes
// docs/vet-beside-others.md: what each finds in the same files. That ours finds the bad and not the good is what
// generator/test/check/rules/rules.test.ts tests. Squawk and pgfence come by npx; eugene and atlas are run where they are on the PATH, on the PostgreSQL 16
// that the tests use, and are left out else:  node bench/peers/compare.mjs
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RULES = join(ROOT, "generator/test/check/rules");
/** Those that npm has are given all files at once. */
const byNpx = (from, command, read) => ({
  version: () => from,
  find(examples) {
    const args = ["--yes", "--package", from, "--", ...command, ...examples.map(({ path }) => path)];
    const { stdout, error } = spawnSync("npx", args, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (error) throw error;
    const byPath = new Map(examples.map((example) => [example.path, example]));
    return read(stdout).flatMap(({ file, rule }) =>
      byPath.has(file) ? [{ ...byPath.get(file), rule }] : [],
    );
  },
});

/** Programs that are installed are given an example's folder, or each of its files; `null` where they are not. */
const byProgram = (program, versionArgs, ofFolder) => ({
  isProgram: true,
  version() {
    const { stdout, status } = spawnSync(program, versionArgs, { encoding: "utf8" });
    return status === 0 ? stdout.trim().split("\n")[0] : null;
  },
  async find(examples, server) {
    const folders = new Map(examples.map(({ code, kind, path }) => [dirname(path), { code, kind }]));
    const found = [];
    for (const [path, of] of folders)
      for (const rule of await ofFolder(path, server)) found.push({ ...of, rule });
    return found;
  },
});

/** Makes an empty database, and gives its name. */
async function newDatabase(server) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  const name = `peer_${randomUUID().replaceAll("-", "")}`;
  await client.query(`create database ${name}`);
  await client.end();
  return name;
}

const run = (...command) => {
  const [program, ...args] = command;
  // Eugene traces nothing where it finds no password, be it that none is asked for.
  const env = { PGPASS: "none", ...process.env };
  return spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28, env }).stdout ?? "";
};

const PEERS = [
  {
    name: "squawk",
    ...byNpx("squawk-cli@2.66.0", ["squawk", "--reporter", "json"], (out) =>
      JSON.parse(out).map(({ file, rule_name: rule }) => ({ file, rule })),
    ),
  },
  {
    name: "pgfence",
    ...byNpx("@flvmnt/pgfence@0.1.5", ["pgfence", "analyze", "--output", "json"], (out) =>
      JSON.parse(out).results.flatMap(({ filePath: file, checks, policyViolations }) =>
        [...checks, ...policyViolations].map(({ ruleId: rule }) => ({ file, rule })),
      ),
    ),
  },
  {
    // It reads the text, and watches it run.
    name: "eugene",
    ...byProgram("eugene", ["--version"], async (folder, server) => {
      const { hostname, port, username } = new URL(server);
      const database = await newDatabase(server);
      const at = ["--host", hostname, "--port", port, "--user", username, "--database", database];
      const ways = [["lint"], ["trace", "--disable-temporary", "--commit", ...at]];
      return ways.flatMap(([way, ...options]) => {
        const out = run("eugene", way, "--format", "json", "--accept-failures", ...options, folder);
        return [...out.matchAll(/"id":\s*"([EW]\d+)"/g)].map(([, rule]) => rule);
      });
    }),
  },
  {
    name: "atlas",
    ...byProgram("atlas", ["version"], (folder, server) => {
      run("atlas", "migrate", "hash", "--dir", `file://${folder}`);
      const all = readdirSync(folder).filter((name) => name.endsWith(".sql"));
      const latest = String(Math.max(1, all.length - 1));
      const out = run(
        ...["atlas", "migrate", "lint", "--dir", `file://${folder}`, "--latest", latest],
        ...["--dev-url", server, "--format", "{{ json .Files }}"],
      );
      return [...out.matchAll(/"Code":"([A-Z]+\d+)"/g)].map(([, rule]) => rule);
    }),
  },
];

/** It is given migrations of Rails alone: what its documentation lists is set beside the rules that stand for it. */
const DOCUMENTED = {
  "removing a column": ["drop-column"],
  "changing the type of a column": ["table-rewrite", "column-type-changed"],
  "renaming a column": ["rename-column"],
  "renaming a table": ["rename-table"],
  "creating a table with the force option": ["drop-table"],
  "adding an auto-incrementing column": ["table-rewrite", "serial-column"],
  "adding a stored generated column": ["table-rewrite"],
  "adding a foreign key": ["foreign-key-validates"],
  "adding a check constraint": ["constraint-validates"],
  "backfilling data": ["backfill-in-migration", "work-after-lock"],
  "adding an index non-concurrently": ["index-not-concurrent"],
  "adding a reference": ["foreign-key-validates", "index-not-concurrent"],
  "adding a unique constraint": ["constraint-builds-index"],
  "adding an exclusion constraint": ["exclusion-constraint"],
  "adding a json column": ["json-column"],
  "adding a column with a volatile default value": ["table-rewrite"],
  "setting NOT NULL on an existing column": ["not-null-validates"],
  "renaming an enum value": ["rename-enum-value"],
  "renaming a schema": ["rename-schema"],
  "keeping non-unique indexes to three columns or less": ["wide-index"],
  "executing SQL directly": null,
};

/** The migrations of an example below its `-- file:` lines. */
function filesOf(text) {
  const parts = text.replace(/^-- vet: .*\n/m, "").split(/^-- (file|base): (.+)\n/m);
  if (parts.length === 1) return { "1_example.sql": parts[0] };
  const files = {};
  for (let i = 1; i < parts.length; i += 3) if (parts[i] === "file") files[parts[i + 1]] = parts[i + 2];
  return files;
}

const folder = mkdtempSync(join(tmpdir(), "peers-"));
const examples = [];
for (const entry of readdirSync(RULES, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const sides = {};
  for (const kind of ["bad", "good"])
    sides[kind] = filesOf(readFileSync(join(RULES, entry.name, `${kind}.sql`), "utf8"));
  // Rules on queries have no peers there.
  if (/^-- name: \w+ :/m.test(Object.values(sides.bad).join("\n"))) continue;
  for (const [kind, files] of Object.entries(sides))
    for (const [path, text] of Object.entries(files)) {
      const target = join(folder, entry.name, kind, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
      examples.push({ code: entry.name, kind, path: target });
    }
}

/** By rule of ours: what each finds in its bad and in its good example. */
const rows = new Map();
for (const { code } of examples) rows.set(code, { bad: {}, good: {} });
for (const row of rows.values())
  for (const side of [row.bad, row.good]) for (const { name } of PEERS) side[name] = new Map();
const present = PEERS.flatMap((peer) => {
  const version = peer.version();
  if (version === null) console.warn(`${peer.name} is not installed: its column is left out`);
  return version === null ? [] : [{ ...peer, version }];
});
const server = present.some(({ isProgram }) => isProgram) ? await startBinaries("16") : null;
try {
  for (const peer of present)
    for (const { code, kind, rule } of await peer.find(examples, server && `${server.url}?sslmode=disable`)) {
      const own = rows.get(code)[kind][peer.name];
      own.set(rule, (own.get(rule) ?? 0) + 1);
    }
} finally {
  await server?.stop();
}
rmSync(folder, { recursive: true });

/** What is found more often in the bad example than in the good one: what tells them apart. */
const telling = ({ bad, good }, name) =>
  [...bad[name]].flatMap(([rule, times]) => (times > (good[name].get(rule) ?? 0) ? [rule] : [])).sort();
const shown = (names) => (names.length === 0 ? "–" : names.map((name) => `\`${name}\``).join(", "));
const counts = present.map(({ name, version: from }) => {
  const tells = [...rows.values()].filter((row) => telling(row, name).length > 0).length;
  const loud = [...rows.values()].filter(({ good }) => good[name].size > 0).length;
  return `- ${name} (\`${from}\`) tells ${tells} of ${rows.size} bad examples from the good ones, and finds something in ${loud} of the good ones.\n`;
});
const table = [...rows].map(
  ([code, row]) =>
    `| [${code}](rules/${code}.md) | ${present.map(({ name }) => shown(telling(row, name))).join(" | ")} |\n`,
);

const missing = PEERS.filter(({ name }) => present.every((one) => one.name !== name)).map(({ name }) => name);
const absent =
  missing.length === 0 ? "" : `Not installed where this was written, and left out: ${missing.join(", ")}.\n`;
const documented = Object.entries(DOCUMENTED).map(
  ([what, codes]) =>
    `| ${what} | ${codes === null ? "what it does is seen as it runs" : codes.map((code) => `[${code}](rules/${code}.md)`).join(", ")} |\n`,
);

writeFileSync(
  join(ROOT, "docs/vet-beside-others.md"),
  `# \`vet\` beside other linters of migrations, on the same files

Written by \`node bench/peers/compare.mjs\`: the bad and the good example of each rule on migrations, as they stand in the rule's page, given to
others that can be run from a package. A rule of theirs is named where it finds more in the bad example than in the good one, which has the same tables and does the same safely.
\`vet\` finds every bad one and nothing loud in the good ones; the examples are its own, so that says only that they are in order.
What a linter cannot know without the schema, the tool's transactions or the base of the comparison, it cannot tell.
${absent}Which rules of theirs ours stand for is also said in each page ("Like").

${counts.join("")}
| rule of \`vet\` | ${present.map(({ name }) => name).join(" | ")} |
| - | ${present.map(() => "-").join(" | ")} |
${table.join("")}
## strong_migrations

It checks migrations of Rails, not SQL, and was not run: this is what its documentation lists for PostgreSQL (version 2.8), and the rule that finds the same.

| it lists | rule of \`vet\` |
| - | - |
${documented.join("")}`,
);
