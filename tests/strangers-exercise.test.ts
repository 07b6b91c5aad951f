import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The exercise of ARCHITECTURE.md, done: in a copy of the generator each of the six things is added in the files that the page
// names and in no other; it is built, and the new things work.

const ROOT = join(import.meta.dirname, "..");
const PAGE = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
const EXERCISE = PAGE.slice(PAGE.indexOf("## The stranger's exercise"), PAGE.indexOf("## How `vet` sees"));

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "solitude-exercise-"));
  const generator = join(copy, "generator");
  mkdirSync(generator);
  for (const name of ["src", "scripts", "bin", "dist", "build.mjs", "notices.mjs", "package.json"])
    cpSync(join(ROOT, "generator", name), join(generator, name), { recursive: true });
  for (const name of ["docs/rules", "docs/diagnostics.md", "generator/test/check/rules", "package-lock.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  // Packages of its own, where npm has put any there.
  const own = join(ROOT, "generator/node_modules");
  try {
    symlinkSync(own, join(generator, "node_modules"));
  } catch {}
  for (const addition of Object.values(ADDITIONS)) addition();
  run(process.execPath, [join(generator, "build.mjs")], copy);
  mkdirSync(join(copy, "project"));
  writeFileSync(
    join(copy, "project/sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: schema.sql, queries: queries.sql, gen: { typescript: { out: out, driver: mine } } }]\n',
  );
  writeFileSync(
    join(copy, "project/schema.sql"),
    "create table notes (id bigint primary key, place point not null, title text);\n",
  );
  writeFileSync(
    join(copy, "project/queries.sql"),
    `-- name: PlaceOf :first
select place from notes where id = @id;
-- name: Forget :exec
notify notes;
-- name: Retitle :exec
update notes set title = sqlc.maybe(title) where id = @id;
`,
  );
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string, expected = 0): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(copy, "cache") },
  });
  if (status !== expected) throw new Error(`${args.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}
const cli = (expected: number, ...args: readonly string[]): string =>
  run(
    process.execPath,
    [join(copy, "generator/bin/solitude-gen.js"), ...args],
    join(copy, "project"),
    expected,
  );

const touched = new Set<string>();
function edit(path: string, from: string | RegExp, to: string): void {
  const before = readFileSync(join(copy, path), "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing of ${path} is ${from}`);
  touched.add(path);
  writeFileSync(join(copy, path), after);
}
function write(path: string, text: string): void {
  touched.add(path.slice(0, path.lastIndexOf("/")));
  writeFileSync(join(copy, path), text);
}

const ADDITIONS = {
  "a rule": () => {
    run(process.execPath, [join(copy, "generator/scripts/new-rule.mjs"), "forgets-notes", "query"], copy);
    touched.add("generator/src/check/rules/queries").add("generator/src/check/rules/registry.ts");
  },
  "an output format": () => {
    write(
      "generator/src/diagnostics/formats/plain.ts",
      `import type { Formatter } from "./formatter.ts";
export const formatPlain: Formatter = (findings) => findings.map(({ code, file }) => \`\${file} \${code}\\n\`).join("");
`,
    );
    edit(
      "generator/src/diagnostics/formats/formats.ts",
      "} satisfies Record",
      '  plain: async () => (await import("./plain.ts")).formatPlain,\n} satisfies Record',
    );
  },
  "a type mapping": () => {
    edit(
      "generator/src/emit/types.ts",
      "  int2: NUMBER,",
      '  int2: NUMBER,\n  point: plain("[number, number]", "point"),',
    );
    write(
      "generator/src/emit/support/containers.ts",
      `${readFileSync(join(copy, "generator/src/emit/support/containers.ts"), "utf8")}
/** A point, \`(1,2)\`. */
export const point: Codec<[number, number]> = {
  decode: (t) => t.slice(1, -1).split(",").map(Number) as [number, number],
  encode: ([x, y]) => \`(\${x},\${y})\`,
};
`,
    );
  },
  "a driver": () => {
    write(
      "generator/src/emit/drivers/mine.ts",
      `import type { Driver } from "./driver.ts";
import { pg } from "./pg.ts";
export const mine: Driver = { ...pg, execute: (statement) => \`mine(\${pg.execute(statement)})\` };
`,
    );
    edit(
      "generator/src/config/options/typescript.ts",
      'const DRIVERS = ["pg",',
      'const DRIVERS = ["mine", "pg",',
    );
    edit("generator/src/emit/drivers/drivers.ts", "  pg,\n", "  pg,\n  mine,\n");
    edit(
      "generator/src/emit/drivers/drivers.ts",
      "import { pg }",
      'import { mine } from "./mine.ts";\nimport { pg }',
    );
  },
  "an annotation": () => {
    edit("generator/src/model/query.ts", '  ":many",\n', '  ":many",\n  ":first",\n');
    edit("generator/src/model/query.ts", "Set<Command>([", 'Set<Command>([":first", ');
    edit(
      "generator/src/analysis/commands.ts",
      'command.startsWith(":batch")',
      'command.startsWith(":batch") || command === ":first"',
    );
    edit(
      "generator/src/emit/query-function.ts",
      '    case ":many":\n',
      '    case ":first":\n      return `${head((row) => `${row} | undefined`)}  const result = await ${run};\\n  return result.rows.map(${names.read})[0];\\n}\\n`;\n    case ":many":\n',
    );
  },
  "a macro": () => {
    edit("generator/src/source/macros.ts", '"arg" | "narg"', '"arg" | "narg" | "maybe"');
    edit("generator/src/source/macros.ts", '["arg", "narg",', '["arg", "narg", "maybe",');
    edit(
      "generator/src/source/macros.ts",
      'macro.kind === "narg"',
      'macro.kind === "narg" || macro.kind === "maybe"',
    );
  },
};

test("the page names every file that was touched", () => {
  const named = Array.from(EXERCISE.matchAll(/`(generator\/[\w./-]+)`/g), ([, path]) => path!);
  const isNamed = (path: string): boolean =>
    named.some((name) => path === name || path.startsWith(`${name}/`));
  expect([...touched].filter((path) => !isNamed(path))).toEqual([]);
});

test("the rule finds its bad example, has its page, and the format prints it", () => {
  expect(cli(0, "vet", "--report", "plain")).toContain("queries.sql forgets-notes");
  expect(readFileSync(join(copy, "docs/rules/forgets-notes.md"), "utf8")).toContain("notify notes;");
  expect(readFileSync(join(copy, "docs/rules/README.md"), "utf8")).toContain("(forgets-notes.md) (warning)");
});

test("generated code has the type, the driver, the annotation and the macro", () => {
  cli(0, "generate");
  const queries = readFileSync(join(copy, "project/out/queries_sql.ts"), "utf8");
  expect(queries).toMatch(
    /export async function placeOf\([^)]*\): Promise<PlaceOfRow \| undefined> {\n\s+const result = await mine\(/,
  );
  expect(queries).toContain("place: [number, number];");
  expect(queries).toContain("title: string | null;");
  expect(readFileSync(join(copy, "project/out/codec.ts"), "utf8")).toContain("A point, `(1,2)`.");
});
