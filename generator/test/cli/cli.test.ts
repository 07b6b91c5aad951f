import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyPatch } from "diff";
import { constantSql } from "../../src/model/sql.ts";
import { GENERATED_HEADER } from "../../src/output/ownership.ts";
import { buildCli, type Ran, type RunOptions, runProcess, writeProject } from "./built-cli.ts";
import { runSteps } from "./in-process.ts";
import { pipeline } from "./stand-in/pipeline.ts";

let cli: string;
let cwd: string;
beforeAll(async () => {
  cli = await buildCli();
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "solitude-gen-cli-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const run = (args: string[], options: RunOptions = {}): Promise<Ran> =>
  runProcess(process.execPath, [cli, ...args], { cwd, ...options });
/** The same in this process, from the sources: what is about neither processes, nor what begins and ends one. */
async function ask(...args: string[]): Promise<Ran> {
  const { code, out, err } = await runSteps(pipeline, cwd, ...args);
  return { code, stdout: out, stderr: err };
}
const file = (path: string, body = "x"): object => ({ path, contents: `${GENERATED_HEADER}\n${body}\n` });
const error = { code: "query-invalid", severity: "error", message: "no such column" };

test.each(["2>&1 | true", "2>&1 >/dev/null | head -c 5", "2>/dev/null | true"])(
  "a reader that has gone (%s) changes no exit code",
  async (pipe) => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ ...error, message: `no such column c${i}` }));
    writeProject(cwd, { diagnostics: many });
    const script = `"$0" "$1" --report json generate ${pipe}; echo "\${PIPESTATUS[0]}" >code`;
    await runProcess("bash", ["-c", script, process.execPath, cli], { cwd });
    expect(readFileSync(join(cwd, "code"), "utf8")).toBe("1\n");
  },
);

const ROWS = {
  atLeastOne: false,
  atMostOne: true,
  because: { atLeastOne: { code: "may-be-empty", subject: "t" }, atMostOne: { code: "limit-one" } },
};

test("version and help", async () => {
  expect(await run(["--version"])).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: "",
  });
  const help = await run(["generate", "--help"]);
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/--check[\s\S]*--config[\s\S]*Examples:/);
});

test.each([
  [["generat"], "Did you mean generate?"],
  [["generate", "--chek"], "Did you mean --check?"],
  [["-C", "/nowhere", "generate"], "there is no folder /nowhere"],
  [[], "Usage:"],
])("usage error %j", async (args, message) => {
  const ran = await run(args);
  expect(ran).toMatchObject({ code: 2, stdout: "" });
  expect(ran.stderr).toContain(message);
});

test("generate writes once, then leaves alone, and --check agrees", async () => {
  writeProject(cwd, { files: [file("a.ts"), file("b.ts")] });
  const first = await run(["generate"]);
  expect(first).toMatchObject({ code: 0, stdout: "" });
  expect(first.stderr).toMatch(/^generated 2 files \(all new or changed\) for 0 queries in \d+\.\d s\n$/);
  expect((await ask("generate")).stderr).toContain("(none changed)");
  expect((await ask("generate", "--check")).code).toBe(0);
  expect(await ask("-q", "generate")).toEqual({ code: 0, stdout: "", stderr: "" });

  writeProject(cwd, { files: [file("a.ts", "y"), file("c.ts")] });
  const stale = await ask("generate", "--check");
  expect(stale.code).toBe(1);
  expect(stale.stdout).toContain("-x\n+y\n");
  expect(stale.stderr).toContain("error[output-stale]: gen/c.ts is missing\n");
  expect(stale.stderr).toContain(
    "error[output-stale]: gen/a.ts is not what the schema and queries ask for\n",
  );
  expect(stale.stderr).toContain("error[output-stale]: gen/b.ts is left over\n");
  expect(readdirSync(join(cwd, "gen"))).toEqual(["a.ts", "b.ts"]);
});

test("problems in the input: 1, and nothing is written", async () => {
  writeProject(cwd, { files: [file("a.ts")], diagnostics: [error] });
  const ran = await ask("generate");
  expect(ran).toMatchObject({ code: 1, stdout: "" });
  expect(ran.stderr).toBe("error[query-invalid]: no such column\n\n1 error\nnothing was written\n");
  expect(readdirSync(cwd)).toEqual(["project.json"]);
});

test("a person's file is kept: 1", async () => {
  writeProject(cwd, { typescript: { out: "." }, files: [file("a.ts")] });
  writeFileSync(join(cwd, "a.ts"), "mine");
  expect((await ask("generate")).stderr).toContain("error[output-not-ours]: a.ts");
  expect(readFileSync(join(cwd, "a.ts"), "utf8")).toBe("mine");
});

test("configuration: 2", async () => {
  expect((await ask("generate")).code).toBe(2);
  writeProject(cwd, { configError: "unknown key" });
  expect((await ask("analyze")).code).toBe(2);
  writeProject(cwd, { typescript: null });
  const ran = await ask("generate");
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain("config-no-target");
});

test("failure: 3, where what is waited for will never come", async () => {
  writeProject(cwd, { isLost: true });
  const ran = await run(["generate"]);
  expect([ran.code, ran.stderr.split("\n")[0]]).toEqual([
    3,
    "error[internal]: what the command waits for will never come",
  ]);
});

test("failure: 3, short unless asked for more", async () => {
  writeProject(cwd, { crash: "boom" });
  const ran = await run(["generate"]);
  expect(ran.code).toBe(3);
  expect(ran.stderr).toMatch(/^error\[internal\]: boom\nhint: .*SOLITUDE_GEN_DEBUG=1\n$/);
  const debug = await run(["generate"], { env: { SOLITUDE_GEN_DEBUG: "1" } });
  expect(debug.stderr).toContain("TypeError: boom\n    at ");
  writeProject(cwd, { diagnostics: [{ ...error, code: "database-unreachable" }] });
  expect((await run(["generate"])).code).toBe(3);
});

test("analyze --json prints the document and nothing else, targets or none", async () => {
  const query = {
    name: "GetA",
    command: ":one",
    span: { file: "q.sql", start: 0, end: 1 },
    line: 1,
    sql: constantSql("select 1"),
    rows: ROWS,
    params: [
      {
        number: 1,
        name: "id",
        display: "bigint",
        nullable: false,
        because: {
          name: { code: "author-name" },
          nullable: { code: "compared-value", subject: "t.id", at: 3 },
        },
      },
    ],
    columns: [
      {
        name: "id",
        display: "bigint",
        nullable: false,
        because: { code: "not-null-column", subject: "t.id", at: 3 },
        origin: { schema: "public", table: "t", column: "id" },
      },
      { name: "n", display: "text", nullable: true, because: { code: "no-else" }, origin: null },
    ],
  };
  writeFileSync(join(cwd, "q.sql"), "a\nbc");
  const diagnostics = [{ ...error, span: { file: "q.sql", start: 3, end: 4 } }];
  writeProject(cwd, { typescript: null, queries: [query], diagnostics });
  const ran = await ask("analyze", "--json");
  expect(ran).toMatchObject({ code: 1, stderr: "" });
  expect(JSON.parse(ran.stdout)).toEqual({
    version: 1,
    queries: [
      {
        querySet: 0,
        name: "GetA",
        command: ":one",
        file: "q.sql",
        line: 1,
        sql: "select 1",
        rows: {
          atLeastOne: false,
          atMostOne: true,
          because: {
            atLeastOne: expect.objectContaining({ code: "may-be-empty", sentence: "t may have no row" }),
            atMostOne: expect.objectContaining({ code: "limit-one", line: null, column: null }),
          },
        },
        params: [
          {
            number: 1,
            name: "id",
            type: "bigint",
            nullable: false,
            tsType: "P",
            because: {
              name: expect.objectContaining({ code: "author-name" }),
              nullable: expect.objectContaining({ code: "compared-value", line: 2, column: 2 }),
            },
          },
        ],
        columns: [
          {
            name: "id",
            type: "bigint",
            nullable: false,
            tsType: "C",
            table: "public.t",
            column: "id",
            because: [{ code: "not-null-column", sentence: "column t.id is NOT NULL", line: 2, column: 2 }],
            elements: null,
          },
          expect.objectContaining({ name: "n", type: "text", nullable: true, table: null, column: null }),
        ],
      },
    ],
    diagnostics: [
      expect.objectContaining({ code: "query-invalid", file: "q.sql", line: 2, column: 2, hint: null }),
    ],
  });
  const table = await ask("analyze");
  expect(table.stdout).toContain("GetA :one  q.sql:1\n  $1  id  bigint       P\n");
});

test("analyze --variants shows each statement that is sent", async () => {
  const variant = { given: 0, order: 0, behind: null, text: "select a\nfrom t", params: [] };
  const sql = {
    ...constantSql("select a\nfrom t where a = $1 order by a"),
    deciding: [{ number: 1, by: "absence" as const }],
    orders: ["a", "b"],
    variants: [variant, { ...variant, given: 1, order: 3, behind: "01", text: "select a", params: [1] }],
  };
  const params = [
    {
      number: 1,
      name: "a",
      display: "int",
      nullable: false,
      because: { name: { code: "no-name" }, nullable: { code: "shown-null" } },
    },
  ];
  const query = {
    name: "Q",
    command: ":many",
    span: { file: "q.sql", start: 0, end: 0 },
    line: 1,
    rows: ROWS,
  };
  writeProject(cwd, { queries: [{ ...query, sql, params, columns: [] }] });
  const { stdout } = await ask("analyze", "--variants");
  expect(stdout).toContain(`
  -- nothing optional given, by a
  select a
  from t

  -- with a, by b, backwards, behind a cursor with NULL (01)
  select a
`);
  expect((await ask("analyze")).stdout).not.toContain("-- nothing");
});

test("a closed pipe ends it in silence, whole documents pass through an open one", async () => {
  const queries = Array.from({ length: 20_000 }, (_, i) => ({
    name: `Q${i}`,
    command: ":exec",
    span: { file: "q.sql", start: 0, end: 0 },
    line: 1,
    sql: constantSql("select 1"),
    rows: ROWS,
    params: [],
    columns: [],
  }));
  writeProject(cwd, { queries });
  expect(JSON.parse((await run(["analyze", "--json"])).stdout).queries).toHaveLength(20_000);
  const closed = await run(["analyze", "--json"], { onStart: (child) => child.stdout!.destroy() });
  expect(closed).toMatchObject({ code: 0, stderr: "" });
});

test("init writes a project once, and shows an sqlc project what to add", async () => {
  expect((await ask("init")).code).toBe(0);
  expect(readdirSync(cwd).sort()).toEqual(["db", "sqlc.yaml"]);
  expect((await ask("init")).stderr).toContain("already asks for TypeScript");

  const theirs = 'version: "2"\nsql:\n  - schema: s.sql\n    gen:\n      go: { out: db }\n';
  writeFileSync(join(cwd, "sqlc.yaml"), theirs);
  const ran = await ask("init");
  expect(ran).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("+options:\n+  solitude-gen:\n+    typescript:\n+      out: src/db\n"),
  });
  expect(readFileSync(join(cwd, "sqlc.yaml"), "utf8")).toBe(theirs);
  expect(applyPatch(theirs, ran.stdout)).toContain("      go: { out: db }\noptions:\n  solitude-gen:\n");

  writeFileSync(join(cwd, "sqlc.yaml"), "sql: [");
  expect(await ask("init")).toMatchObject({ code: 2, stderr: expect.stringContaining("config-syntax") });
});

test("init of a configuration elsewhere keeps the output below the working folder", async () => {
  mkdirSync(join(cwd, "conf"));
  writeFileSync(join(cwd, "conf/my.json"), '{ "version": 2, "sql": [{ "schema": "s.sql" }] }');
  const ran = await ask("init", "-f", "conf/my.json");
  expect(ran.stdout).toMatch(/^--- a\/conf\/my\.json\n\+\+\+ b\/conf\/my\.json\n/);
  expect(ran.stdout).toContain('"typescript": { "out": "../src/db" }');
  expect(await ask("init", "-f", "nowhere.yaml")).toMatchObject({ code: 2, stdout: "" });
});
