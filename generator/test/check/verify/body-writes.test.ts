import { defaultsOf, writesOf } from "../../../src/check/verify/concerns/body-writes.ts";

// Who reads too little here is silent about a trigger that a function sets off; who reads too much cries at every one.

const of = (body: string, names: string, { language = "plpgsql", attributes = ["volatile"] } = {}) => {
  const writes = writesOf({ language, body, attributes });
  return Object.fromEntries(names.split(" ").map((name) => [name, [...writes(name)].sort().join(" ")]));
};

test.each([
  ["insert into a (b) select 1 from c", { a: "insert", b: "", c: "" }],
  ["with x as (update only s.a set n = 1 returning n) select n from b, x", { a: "update", b: "", s: "" }],
  ['delete from public."Big" using b where true', { big: "delete", b: "" }],
  ["update /* b */ -- c\n a set n = (select 1 from b)", { a: "update", b: "", c: "" }],
  [
    "insert into a values (1) on conflict (n) do update set n = 2; select 1 from b for update of b",
    { a: "insert update", b: "" },
  ],
  ["merge into only a using b on true when matched then delete", { a: "delete insert update", b: "" }],
  ["truncate table a, s.b; truncate c", { a: "delete truncate", b: "delete truncate", c: "delete truncate" }],
  ["select 'update a set n = 1', $x$ delete from b $x$ from c", { a: "", b: "", c: "" }],
  ["begin execute 'update ' || tg_table_name; perform 1 from a; end", { a: "update" }],
  ["perform f('a'); -- update a", { a: "" }],
])("%s", (body, expected) => {
  expect(of(body, Object.keys(expected).join(" "))).toEqual(expected);
});

test("what is of another language may write anywhere; what is not volatile, nowhere", () => {
  expect(of("plpy.execute(q) # update a", "a b", { language: "plpython3u" })).toEqual({
    a: "update",
    b: "update",
  });
  expect(of("update a set n = 1", "a", { attributes: ["stable"] })).toEqual({ a: "" });
});

test.each([
  ["insert into a (b, c) values (1, 2)", { "a.b": false, "a.d": true, "e.b": false }],
  ['insert into s.a as x ("B", c) select 1, 2', { "a.b": false, "a.d": true }],
  ["insert into a values (1); insert into e (b) values (2)", { "a.b": true, "e.b": false }],
  ["insert into a (select 1)", { "a.b": true }],
  ["insert into a default values", { "a.b": true }],
  ["declare n int default 3; begin insert into a (b) values (n); end", { "a.b": false, "a.c": true }],
  ["update a set b = default", { "a.b": true }],
  ["insert into a (b, c) values (1, default)", { "a.c": true }],
  ["update a set b = 1", { "a.b": false }],
  ["merge into a using e on true when not matched then insert (b) values (1)", { "a.b": false, "a.c": true }],
  ["merge into a using e on true when not matched then insert values (1)", { "a.b": true }],
  ["execute 'insert into ' || t", { "a.b": true }],
  ["execute 'update ' || t", { "a.b": false }],
])("what is left to its default: %s", (body, expected) => {
  const leaves = defaultsOf({ language: "plpgsql", body, attributes: ["volatile"] });
  const found = Object.keys(expected).map((path) => {
    const [table = "", column = ""] = path.split(".");
    return [path, leaves(table, column)];
  });
  expect(Object.fromEntries(found)).toEqual(expected);
});

test("what is not volatile leaves nothing to its default", () => {
  const leaves = defaultsOf({ language: "sql", body: "insert into a values (1)", attributes: ["stable"] });
  expect(leaves("a", "b")).toBe(false);
});
