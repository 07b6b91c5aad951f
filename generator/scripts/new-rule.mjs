// Makes a rule of `vet`: its file, its place in the registry, its examples (which are its test) and its page.
// Run: npm run new-rule -- <code> <query|statement>
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const RULES = join(ROOT, "generator/src/check/rules");
const EXAMPLES = join(ROOT, "generator/test/check/rules");
const PAGES = join(ROOT, "docs/rules");

/** What a rule of each kind begins as: it finds its bad example, and is to be changed from there. */
const KINDS = {
  query: {
    folder: "queries",
    end: /(export const QUERY_RULES[^;]*?)\];/,
    write: "queryRule",
    check: `*check({ kind }) {
    if (kind === "NotifyStmt") yield { message: "it notifies" };
  },`,
    bad: "create table notes (id bigint primary key);\n\n-- name: TellOfNotes :exec\nnotify notes;\n",
    good: "create table notes (id bigint primary key);\n\n-- name: GetNote :one\nselect id from notes where id = @id;\n",
  },
  statement: {
    folder: "migrations",
    end: /(export const MIGRATION_RULES[^;]*?)\];/,
    write: "statementRule",
    check: `*check({ kind }) {
    if (kind === "CommentStmt") yield { message: "it comments" };
  },`,
    bad: "create table notes (id bigint primary key);\ncomment on table notes is 'what was written down';\n",
    good: "create table notes (id bigint primary key);\n",
  },
};

const [code = "", kindName = "query"] = process.argv.slice(2);
const kind = Object.hasOwn(KINDS, kindName) ? KINDS[kindName] : undefined;
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code) || kind === undefined) {
  console.error("usage: npm run new-rule -- <code-in-kebab-case> <query|statement>");
  process.exit(2);
}
if (readdirSync(EXAMPLES).includes(code)) {
  console.error(`there is a rule ${code} already`);
  process.exit(1);
}

const name = code.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const words = code.replaceAll("-", " ");
const file = join(RULES, kind.folder, `${code}.ts`);
writeFileSync(
  file,
  `import { ${kind.write} } from "../rule.ts";

export const ${name} = ${kind.write}({
  code: "${code}",
  severity: "warning",
  summary: "${words}",
  why: "What goes wrong, in a few sentences.",
  mend: "What to do instead.",
  ${kind.check}
});
`,
);

const registry = join(RULES, "registry.ts");
const source = `./${kind.folder}/${code}.ts`;
const lines = readFileSync(registry, "utf8").split("\n");
const isBehind = (line) => (/^import .* from "(.*)";$/.exec(line)?.[1] ?? "") > source;
const at = lines.findIndex((line) => isBehind(line) || line.startsWith("import type "));
lines.splice(at, 0, `import { ${name} } from "${source}";`);
writeFileSync(registry, lines.join("\n").replace(kind.end, `$1  ${name},\n];`));

mkdirSync(join(EXAMPLES, code));
for (const which of ["bad", "good"]) writeFileSync(join(EXAMPLES, code, `${which}.sql`), kind[which]);

await writePages();
console.log(`made the rule ${code}:
  generator/src/check/rules/${kind.folder}/${code}.ts   what it says and finds
  generator/test/check/rules/${code}/{bad,good}.sql   its examples
then: UPDATE_PAGES=1 npm run test:only -- generator/test/check/rules`);

async function writePages() {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { rulePage, rulesIndex } from "./page.ts"; export { RULES } from "./registry.ts";`,
      resolveDir: RULES,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    packages: "external",
  });
  // Beside the sources, where the packages that they import are found.
  const bundle = join(ROOT, "generator", `.new-rule-${process.pid}.mjs`);
  writeFileSync(bundle, outputFiles[0].text);
  try {
    const { RULES: rules, rulePage, rulesIndex } = await import(bundle);
    const example = (which) => readFileSync(join(EXAMPLES, code, `${which}.sql`), "utf8");
    const page = rulePage(rules.get(code), { bad: example("bad"), good: example("good") });
    writeFileSync(join(PAGES, `${code}.md`), page);
    writeFileSync(join(PAGES, "README.md"), rulesIndex());
  } finally {
    rmSync(bundle, { force: true });
  }
}
