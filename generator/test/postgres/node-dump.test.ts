import { unwrapDump } from "../../src/postgres/node-dump.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";

test("lines are joined where they were broken at a space", () => {
  expect(unwrapDump("{QUERY :commandType 1\n:querySource 0\n")).toBe("{QUERY :commandType 1 :querySource 0");
});

test("an escaped space may be where a line ends, and is told from an escaped line end", () => {
  const head = `{A ${":name x ".repeat(8)}`;
  expect(unwrapDump(`${head}*SELECT*\\\n12 :more y}\n`)).toBe(`${head}*SELECT*\\ 12 :more y}`);
  // Here PostgreSQL would have broken the line later, or before.
  expect(unwrapDump(`${head}a\\\nb :more y}\n`)).toBeNull();
  expect(unwrapDump(`${head}\n*SELECT*\\\n12 :more y}\n`)).toBeNull();
});

test("nothing is guessed: an escaped line end, a word as long as a line", () => {
  expect(unwrapDump("{A :name with\\\nspace}")).toBeNull();
  expect(unwrapDump(`{A :name\n${"x".repeat(78)}\nyy}`)).toBeNull();
  expect(unwrapDump(`{A :name\n${"ä".repeat(39)}\nyy}`)).toBeNull();
});

test("PostgreSQL prints what it stores for a function's body", async () => {
  const engine = await EmbeddedEngine.start();
  await engine.run(`create table t (id int primary key, "a b" text not null)`);
  const sql = `select t.id, t."a b" as "x (y) {z}", count(*) over () from t left join t u on u.id = t.id where t.id = $1`;
  const { tree } = await engine.describe(sql);
  const rows = await engine.attempt(
    `create function pg_temp.f(int) returns void begin atomic ${sql}; end;
     select prosqlbody::text as tree from pg_proc where proname = 'f'`,
  );
  const comparable = (text: string) =>
    text.replace(/^\(+|\)+$/g, "").replace(/:((?:stmt_)?(?:location|len)|list_\w+) -?\d+/g, ":$1");
  expect(comparable(tree!)).toBe(comparable(String(rows[0]!.tree)));
  await engine.close();
});
