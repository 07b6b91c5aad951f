import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";

// `explain <query>`, `analyze --json` and `explain_types` say the same of a query, each in its way.

const CASE = join(import.meta.dirname, "explain");
const EXPECTED = join(CASE, "expected.txt");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "explain-"));
  for (const name of ["schema.sql", "query.sql"]) cpSync(join(CASE, name), join(folder, name));
  writeFileSync(join(folder, "other.sql"), "-- name: PaidAt :many\nselect paid_at from orders;\n");
  configure("query.sql", "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configure(queries: string, options: string): void {
  const gen = `gen: { typescript: { out: out${options} } }`;
  const set = (file: string) => `  - { engine: postgresql, schema: schema.sql, queries: ${file}, ${gen} }\n`;
  writeFileSync(join(folder, "sqlc.yaml"), `version: "2"\nsql:\n${queries.split(" ").map(set).join("")}`);
}
async function run(...args: string[]) {
  const { code, out, err } = await runCommand(folder, ...args);
  return { status: code, stdout: out, stderr: err };
}

test("explain says of a query what is known, and why, with each place", async () => {
  const said: string[] = [];
  for (const name of [
    "Everything",
    "query.sql:PaidAt",
    "addcustomer",
    "CountOrders",
    "FindOrders",
    "OrderOf",
  ]) {
    const { status, stdout, stderr } = await run("explain", name);
    expect([status, stderr]).toEqual([0, ""]);
    said.push(stdout);
  }
  const all = said.join("\n");
  if (process.env.UPDATE_EXPECTED) writeFileSync(EXPECTED, all);
  expect(all).toBe(readFileSync(EXPECTED, "utf8"));
});

test("a name that is not clear, or no query's", async () => {
  configure("query.sql other.sql", "");
  expect(await run("explain", "PaidAt")).toEqual({
    status: 2,
    stdout: "",
    stderr:
      'error: several queries are called "PaidAt"; say which:\n  query.sql:PaidAt (line 20)\n  other.sql:PaidAt (line 1)\n',
  });
  expect((await run("explain", "other.sql:PaidAt")).stdout).toContain("PaidAt :many  other.sql:1");
  expect(await run("explain", "PaidWhen")).toMatchObject({ status: 2, stdout: "" });
  configure("query.sql", "");
});

test("the document of analyze has the reasons and the rows", async () => {
  const { queries } = JSON.parse((await run("analyze", "--json")).stdout) as {
    queries: {
      name: string;
      rows: unknown;
      params: { because: unknown }[];
      columns: { because: unknown }[];
    }[];
  };
  const [everything, , add] = queries;
  expect(everything!.columns[1]!.because).toEqual([
    { code: "null-argument", sentence: "upper is NULL where its argument is", line: 4, column: 3 },
    { code: "nullable-column", sentence: "column customers.nick may hold NULL", line: 4, column: 9 },
  ]);
  expect(add!.rows).toMatchObject({
    atLeastOne: true,
    atMostOne: true,
    because: { atLeastOne: { code: "stored-rows" } },
  });
  expect(add!.params[0]!.because).toEqual({
    name: expect.objectContaining({ code: "stored-name", line: 24, column: 55 }),
    nullable: expect.objectContaining({
      code: "stored-value",
      sentence: "column customers.id, in which it is stored, does not take NULL",
    }),
  });
});

test("the option writes the reasons above what is generated", async () => {
  configure("query.sql", ", explain_types: true");
  expect((await run("generate")).status).toBe(0);
  const text = readFileSync(join(folder, "out/query_sql.ts"), "utf8");
  expect(text).toContain(
    "  /** Why: upper is NULL where its argument is; column customers.nick may hold NULL. */\n  shout: string | null;\n",
  );
  expect(text).toContain(
    "  /** Why: it is stored in column customers.id; column customers.id, in which it is stored, does not take NULL. */\n  id: number;\n",
  );
  configure("query.sql", "");
  await run("generate");
  expect(readFileSync(join(folder, "out/query_sql.ts"), "utf8")).not.toContain("Why:");
});
