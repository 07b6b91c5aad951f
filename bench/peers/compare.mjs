// Gives the bad and good examples of every rule of `vet` on migrations to the linters that others have, and writes
// docs/vet-beside-others.md: what each finds in the same files. That ours finds the bad and not the good is what
// generator/test/check/rules/rules.test.ts tests. Squawk and pgfence come by npx; eugene and atlas are run where they are on the PATH, on the PostgreSQL 16
// that the tests use, as is strong_migrations where Ruby can load it. Of those that are not there the page keeps what they said last, which is in
// linters.json:  node bench/peers/compare.mjs [name of a linter …]
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

const RAILS = fileURLToPath(new URL("strong-migrations.rb", import.meta.url));

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
  {
    // It knows the words of Rails, and none of SQL: the examples are translated there.
    name: "strong_migrations",
    isProgram: true,
    version() {
      const { stdout, status } = spawnSync("ruby", [RAILS], { encoding: "utf8" });
      return status === 0 ? stdout.trim() : null;
    },
    async find(examples, server) {
      const { hostname, port, username } = new URL(server);
      const root = dirname(dirname(dirname(examples[0].path)));
      const { before, checks, ...told } = JSON.parse(run("ruby", RAILS, root, hostname, port, username));
      this.more = {
        checks: vetted(before, checks),
        raw: told.examples.filter(({ kind, isRaw }) => kind === "bad" && isRaw).map(({ code }) => code),
      };
      return told.examples.flatMap(({ code, kind, found }) => found.map((rule) => ({ code, kind, rule })));
    },
  },
];

/** What `vet` says of the SQL that Rails sends for each migration in which strong_migrations finds something. */
function vetted(before, checks) {
  const folder = mkdtempSync(join(tmpdir(), "rails-"));
  const entries = checks.map(({ check }) => `  - { engine: postgresql, schema: ${check}, queries: q.sql }\n`);
  const common = {
    "sqlc.yaml": `version: "2"\nsql:\n${entries.join("")}vet: { rules: { wide-index: warning } }\n`,
    "q.sql": "-- name: One :one\nselect 1;\n",
    ...Object.fromEntries(checks.map(({ check }) => [`${check}/1_before.sql`, `-- migrate:up\n${before}`])),
  };
  const changes = checks.map(({ check, sql }) => {
    const isFree = sql.some((text) => /concurrently/i.test(text));
    const text = sql.map((one) => `${one.trim()};\n`).join("");
    return [`${check}/2_change.sql`, `-- migrate:up${isFree ? " transaction:false" : ""}\n${text}`];
  });
  for (const [side, files] of [
    ["base", common],
    ["head", { ...common, ...Object.fromEntries(changes) }],
  ])
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, side, path)), { recursive: true });
      writeFileSync(join(folder, side, path), text);
    }
  const cli = join(ROOT, "generator/bin/solitude-gen.js");
  const at = ["-C", join(folder, "head"), "vet", "--against", join(folder, "base"), "--report", "json"];
  const { findings } = JSON.parse(run(process.execPath, cli, ...at));
  rmSync(folder, { recursive: true });
  const codesOf = (check) =>
    findings.flatMap(({ file, code }) => (file.endsWith(`${check}/2_change.sql`) ? [code] : []));
  return Object.fromEntries(checks.map(({ check }) => [check, [...new Set(codesOf(check))].sort()]));
}

const NOTES = `
What is found there and not here, and the reverse:

- \`change_column_default\` is about Rails: with \`partial_inserts\` an INSERT leaves out what is equal to the default that the application read when it began. Nothing of the kind is in SQL.
- \`change_column_null\` with a value sends \`UPDATE … WHERE age IS NULL\`: [backfill-in-migration](rules/backfill-in-migration.md) is about statements that choose no rows, for how many have no value no schema says.
- \`execute\` and \`change_table\` say that it cannot help; \`vet\` looks at what they do as it runs. \`add_index_corruption\` is about PostgreSQL 14.0 to 14.3, and was not tried.
- It finds a column that is added with \`default now()\`, which rewrites nothing (the good example of [table-rewrite](rules/table-rewrite.md)), and every removed or renamed thing, be it used or kept under a view.
- PostgreSQL refuses two of the bad examples as they run ([concurrently-in-transaction](rules/concurrently-in-transaction.md), [fails-in-transaction](rules/fails-in-transaction.md)), Rails one
  ([identifier-too-long](rules/identifier-too-long.md)); the gem finds nothing in them before.
- \`rename_schema\` is a word of Rails since 8.1, which wants another Ruby than the one at hand: there it was given to the connection by the script.
`;

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
const asked = process.argv.slice(2);
const present = PEERS.flatMap((peer) => {
  if (asked.length > 0 && !asked.includes(peer.name)) return [];
  const version = peer.version();
  if (version === null) console.warn(`${peer.name} is not installed: its column stays as it was`);
  return version === null ? [] : [{ peer, version }];
});
const server = present.some(({ peer }) => peer.isProgram) ? await startBinaries("16") : null;
try {
  for (const { peer } of present)
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
const KEPT = join(ROOT, "bench/peers/linters.json");
const kept = JSON.parse(readFileSync(KEPT, "utf8"));
for (const { peer, version } of present) {
  const { name, more = {} } = peer;
  kept[name] = {
    version,
    asked: new Date().toISOString().slice(0, 10),
    loud: [...rows.values()].filter(({ good }) => good[name].size > 0).length,
    // What finds any SQL does not tell one from another.
    telling: Object.fromEntries(
      [...rows].flatMap(([code, row]) => {
        const found = telling(row, name).filter((rule) => rule !== "execute");
        return found.length > 0 ? [[code, found]] : [];
      }),
    ),
    ...more,
  };
}
writeFileSync(KEPT, `${JSON.stringify(kept, null, 2)}\n`);

const names = PEERS.map(({ name }) => name).filter((name) => name in kept);
const counts = names.map((name) => {
  const { version, asked: day, loud, telling: told } = kept[name];
  return `- ${name} (\`${version}\`, asked on ${day}) tells ${Object.keys(told).length} of ${rows.size} bad examples from the good ones, and finds something in ${loud} of the good ones.\n`;
});
const cell = (name, code) => (kept[name].raw?.includes(code) ? "SQL" : shown(kept[name].telling[code] ?? []));
const table = [...rows.keys()].map(
  (code) => `| [${code}](rules/${code}.md) | ${names.map((name) => cell(name, code)).join(" | ")} |\n`,
);
const checks = Object.entries(kept.strong_migrations.checks).map(
  ([check, vet]) =>
    `| \`${check}\` | ${vet.map((code) => `[${code}](rules/${code}.md)`).join(", ") || "–"} |\n`,
);

writeFileSync(
  join(ROOT, "docs/vet-beside-others.md"),
  `# \`vet\` beside other linters of migrations, on the same files

Written by \`node bench/peers/compare.mjs\`: the bad and the good example of each rule on migrations, as they stand in the rule's page, given to
others that can be run here. A rule of theirs is named where it finds more in the bad example than in the good one, which has the same tables and does the same safely.
\`vet\` finds every bad one and nothing loud in the good ones; the examples are its own, so that says only that they are in order.
What a linter cannot know without the schema, the tool's transactions or the base of the comparison, it cannot tell.
Which rules of theirs ours stand for is also said in each page ("Like").

${counts.join("")}
strong_migrations is given migrations of Rails that do the same (\`bench/peers/strong-migrations.rb\`): what each leads to was compared with what the SQL leads to, and is equal. Where Rails has no words
other than \`execute\` for the bad example, the column says "SQL": it finds \`execute\` in all of that, and cannot see what is in it; the same goes for what models write. Its timeouts are set as its
installer sets them, \`remove_index\` is switched on, and a finding is noted instead of stopping the migration.

| rule of \`vet\` | ${names.join(" | ")} |
| - | ${names.map(() => "-").join(" | ")} |
${table.join("")}
## The checks of strong_migrations

Each of its checks for PostgreSQL with a migration in which it was seen to find something, and what \`vet\` finds in the SQL that Rails sent for it.

| it finds | \`vet\` finds |
| - | - |
${checks.join("")}${NOTES}`,
);
