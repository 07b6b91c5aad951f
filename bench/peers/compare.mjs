// Gives the bad and good examples of every rule of `vet` on migrations to the linters that others have, and writes
// docs/vet-beside-others.md: what each finds in the same files. That ours finds the bad and not the good is what
// generator/test/check/rules/rules.test.ts tests. Squawk and pgfence come by npx:  node bench/peers/compare.mjs
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RULES = join(ROOT, "generator/test/check/rules");
const PEERS = [
  {
    name: "squawk",
    package: "squawk-cli@2.66.0",
    command: (paths) => ["squawk", "--reporter", "json", ...paths],
    read: (out) => JSON.parse(out).map(({ file, rule_name: rule }) => ({ file, rule })),
  },
  {
    name: "pgfence",
    package: "@flvmnt/pgfence@0.1.5",
    command: (paths) => ["pgfence", "analyze", "--output", "json", ...paths],
    read: (out) =>
      JSON.parse(out).results.flatMap(({ filePath: file, checks, policyViolations }) =>
        [...checks, ...policyViolations].map(({ ruleId: rule }) => ({ file, rule })),
      ),
  },
];

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
for (const peer of PEERS) {
  const { stdout, error } = spawnSync(
    "npx",
    ["--yes", "--package", peer.package, "--", ...peer.command(examples.map(({ path }) => path))],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  if (error) throw error;
  const found = peer.read(stdout);
  for (const { code, kind, path } of examples) {
    const side = rows.get(code)[kind];
    side[peer.name] ??= new Map();
    const own = side[peer.name];
    for (const { file, rule } of found) if (file === path) own.set(rule, (own.get(rule) ?? 0) + 1);
  }
}
rmSync(folder, { recursive: true });

/** What is found more often in the bad example than in the good one: what tells them apart. */
const telling = ({ bad, good }, name) =>
  [...bad[name]].flatMap(([rule, times]) => (times > (good[name].get(rule) ?? 0) ? [rule] : [])).sort();
const shown = (names) => (names.length === 0 ? "–" : names.map((name) => `\`${name}\``).join(", "));
const counts = PEERS.map(({ name, package: from }) => {
  const tells = [...rows.values()].filter((row) => telling(row, name).length > 0).length;
  const loud = [...rows.values()].filter(({ good }) => good[name].size > 0).length;
  return `- ${name} (\`${from}\`) tells ${tells} of ${rows.size} bad examples from the good ones, and finds something in ${loud} of the good ones.\n`;
});
const table = [...rows].map(
  ([code, row]) =>
    `| [${code}](rules/${code}.md) | ${PEERS.map(({ name }) => shown(telling(row, name))).join(" | ")} |\n`,
);

writeFileSync(
  join(ROOT, "docs/vet-beside-others.md"),
  `# \`vet\` beside other linters of migrations, on the same files

Written by \`node bench/peers/compare.mjs\`: the bad and the good example of each rule on migrations, as they stand in the rule's page, given to
others that can be run from a package. A rule of theirs is named where it finds more in the bad example than in the good one, which has the same tables and does the same safely.
\`vet\` finds every bad one and nothing loud in the good ones; the examples are its own, so that says only that they are in order.
What a linter cannot know without the schema, the tool's transactions or the base of the comparison, it cannot tell.
Atlas' \`migrate lint\`, eugene and strong_migrations were not run; which rules of theirs ours stand for is said in each page ("Like").

${counts.join("")}
| rule of \`vet\` | ${PEERS.map(({ name }) => name).join(" | ")} |
| - | ${PEERS.map(() => "-").join(" | ")} |
${table.join("")}`,
);
