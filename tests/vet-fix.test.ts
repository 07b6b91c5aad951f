import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "./command.ts";

// `vet --fix`, `vet --explain` and the options of rules, as they are called.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-fix-"));
  write({
    "sqlc.yaml":
      'version: "2"\nsql: [{ engine: postgresql, schema: m, queries: q.sql }]\n' +
      "vet: { transaction: none, rules: { wide-index: { severity: warning, most: 1 } } }\n",
    "m/1.sql": "create table box (id int primary key, a int, b int);\n",
    "m/2.sql": "create index box_a_b on box (a, b);\nalter table box add constraint c check (a > 0);\n",
    "q.sql": "-- name: Add :exec\ninsert into box values ($1, @a);\n",
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

async function vet(...args: string[]) {
  const { code, out, err } = await runCommand(folder, "vet", ...args);
  const found = err.split("\n").flatMap((line) => /^\w+\[(.*?)\]/.exec(line)?.[1] ?? []);
  return { status: code, stdout: out, stderr: err, found };
}

const text = (path: string): string => readFileSync(join(folder, path), "utf8");

test("--fix writes what mends a finding for certain, and a second run writes nothing", async () => {
  chmodSync(join(folder, "m/2.sql"), 0o640);
  const first = await vet("--fix");
  expect(first.stderr).toContain("3 findings mended in 2 files");
  expect(first.found).toEqual(["wide-index"]);
  expect(text("m/2.sql")).toBe(
    "create index concurrently box_a_b on box (a, b);\n" +
      "alter table box add constraint c check (a > 0) not valid;\nalter table box validate constraint c;\n",
  );
  expect(text("q.sql")).toBe("-- name: Add :exec\ninsert into box (id, a) values ($1, @a);\n");
  expect(readdirSync(join(folder, "m"))).toEqual(["1.sql", "2.sql"]);
  const second = await vet("--fix");
  expect(second.stderr).toContain("0 findings mended in 0 files");
});

test("--fix keeps line ends and marks of the encoding, and leaves what is read-only as it was", async () => {
  write({
    "m/2.sql":
      "\uFEFF-- 🎉 ä\r\ncreate index box_a on box (a);\r\nalter table box add constraint c check (a > 0) ;\r\n",
    "m/3.sql": "create index box_b on box (b);\n",
  });
  chmodSync(join(folder, "m/3.sql"), 0o444);
  const first = await vet("--fix");
  expect(first.stderr).toContain("mended in 2 files; read-only, and left as it was: m/3.sql\n");
  expect(first.found).toEqual(["index-not-concurrent"]);
  expect(text("m/2.sql")).toBe(
    "\uFEFF-- 🎉 ä\r\ncreate index concurrently box_a on box (a);\r\n" +
      "alter table box add constraint c check (a > 0) not valid;\r\nalter table box validate constraint c ;\r\n",
  );
  expect(text("m/3.sql")).toBe("create index box_b on box (b);\n");
  expect((await vet("--fix")).stderr).toContain("0 findings mended in 0 files; read-only");
});

test("--fix takes away what an annotation need not say; what calls may depend on, with --fix=all alone", async () => {
  write({
    "q.sql": `-- name: Find :many
-- Boxes.
-- @whole
select id from box where id > @least;

-- name: Search :many
-- @optional a
-- @sort newest: id | latest: id | b
select id from box where (sqlc.narg(a)::int is null or a = sqlc.narg(a)) order by id, b;

-- name: Keep :exec
-- @optional a, b
update box set a = sqlc.narg(a), b = sqlc.narg(b) where id = @id;
`,
  });
  const safe = await vet("--fix");
  expect(safe.stderr).toContain("5 findings mended in 2 files; 2 left, which --fix=all mends: ");
  expect(safe.stderr.match(/^mend: look at calls of the query too/gm)?.length).toBe(2);
  expect(text("q.sql")).toBe(`-- name: Find :many
-- Boxes.
select id from box where id > @least;

-- name: Search :many
-- @optional a
-- @sort newest: id | latest: id | b
select id from box where (sqlc.narg(a)::int is null or a = sqlc.narg(a)) order by id, b;

-- name: Keep :exec
-- @optional a, b
update box set a = @a, b = @b where id = @id;
`);
  const { stderr } = await vet("--fix=all");
  expect(stderr).toContain("3 findings mended in 1 file\n");
  expect(text("q.sql")).toBe(`-- name: Find :many
-- Boxes.
select id from box where id > @least;

-- name: Search :many
-- @optional a
-- @sort newest: id | b
select id from box where a = @a order by id, b;

-- name: Keep :exec
-- @optional a, b
update box set a = @a, b = @b where id = @id;
`);
});

test("--explain shows the rule, and what was seen where it finds something", async () => {
  const { status, stdout } = await vet("--explain", "index-not-concurrent");
  expect(status).toBe(0);
  expect(stdout).toContain("# index-not-concurrent");
  expect(stdout).toContain('m/2.sql:1: "box" cannot be written to while this index is built');
  expect(stdout).toContain('    SHARE lock on "box", which blocks writes\n');
  expect(stdout).toContain('    an index is built from every row: "box" (box_a_b)\n');
  expect((await vet("--explain", "drop-column")).stdout).toContain("## Seen in this project\n\nNothing.\n");
});

test("options of a rule are checked as they are written", async () => {
  const config = text("sqlc.yaml");
  write({ "sqlc.yaml": config.replace("most: 1", "mots: 1") });
  expect((await vet()).stderr).toMatch(
    /unknown key "mots" in vet\.rules\.wide-index[\s\S]*Did you mean "most"\?/,
  );
  write({ "sqlc.yaml": config.replace("most: 1", "most: many") });
  expect((await vet()).stderr).toContain("vet.rules.wide-index.most: ");
  write({ "sqlc.yaml": config.replace("wide-index: {", "drop-index: {").replace(", most: 1", "") });
  expect((await vet()).stderr).toContain('there is no rule "drop-index"');
});
