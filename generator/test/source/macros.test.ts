import { readQueries } from "../../src/source/queries.ts";

function one(sql: string) {
  const { queries, diagnostics } = readQueries("q.sql", `-- name: Q :many\n${sql};\n`);
  expect(diagnostics).toEqual([]);
  return queries[0]!;
}

test.each([
  ["select * from t where a in (sqlc.slice(ids))", "select * from t where a = any($1)"],
  ["select * from t where a not in ( sqlc.slice('ids') ) and b", "select * from t where a <> all($1) and b"],
  ["select 1 where a + 1 in (sqlc.slice(x))", "select 1 where a + 1 = any($1)"],
  ["select b = a in (sqlc.slice(x))", "select b = a operator(pg_catalog.=) any($1)"],
  ["select a in (sqlc.slice(x)) = true", "select a operator(pg_catalog.=) any($1) = true"],
  ["select 1 where a in (sqlc.slice(x), 3)", "select 1 where a in ($1, 3)"],
  ["select @a, 1=@b, x@>y, x <@z, x @@y, @ 5, x@>@c", "select $1, 1=$2, x@>y, x <@z, x @@y, @ 5, x@>$3"],
  ["select 1 where x and@a", "select 1 where x and $1"],
  ["select sqlc.arg(a), $1, $3, @b", "select $2, $1, $3, $4"],
  [
    "select '@a', \"@b\", $q$@c$q$, E'\\'@d' /* @e */ , @f",
    "select '@a', \"@b\", $q$@c$q$, E'\\'@d' /* @e */ , $1",
  ],
  ['select sqlc.embed("Foo"), sqlc.embed(s.bar)', 'select "Foo".*, s.bar.*'],
  // A name of its own is none that PostgreSQL could have; inside it is that of a column.
  ['select sqlc.embed(a) as writer, sqlc.embed(b) AS "Other" from x', "select a.*, b.* from x"],
  [
    "with w as (select sqlc.embed(a) as writer, sqlc.embed(b) from x) select sqlc.embed(w) as it from w",
    "with w as (select a as writer, b.* from x) select w.* from w",
  ],
])("%s", (sql, expected) => {
  expect(one(sql).text).toBe(expected);
});

test("an embed has the name that is given to it", () => {
  const { text, embeds, toFile } = one(
    'select sqlc.embed(a) as writer, sqlc.embed(b) AS "Other", sqlc.embed(c), d',
  );
  expect(embeds.map(({ name, start, end }) => [name, text.slice(start, end)])).toEqual([
    ["writer", "a.*"],
    ["Other", "b.*"],
    ["c", "c.*"],
  ]);
  expect(toFile(text.indexOf(", d"))).toBe(
    '-- name: Q :many\nselect sqlc.embed(a) as writer, sqlc.embed(b) AS "Other", sqlc.embed(c)'.length,
  );
});

test("a name keeps its number, narg and slice mark it wherever they stand", () => {
  const query = one("select @Foo, sqlc.narg('Foo'), sqlc.arg(Foo), any(sqlc.slice(\"X\"))");
  expect(query.text).toBe("select $1, $1, $2, any($3)");
  expect(query.params).toEqual([
    { number: 1, name: "Foo", nullable: true, slice: false },
    { number: 2, name: "foo", nullable: false, slice: false },
    { number: 3, name: "X", nullable: false, slice: true },
  ]);
});

test("offsets lead back to the file", () => {
  const sql = "select 'é😀', sqlc.arg(first_name), wrong from t where x in (sqlc.slice(ids)) order by nope";
  const file = `-- name: Q :many\n${sql};\n`;
  const query = one(sql);
  for (const word of ["select", "wrong", "where", "order by nope"]) {
    expect(query.toFile(query.text.indexOf(word))).toBe(file.indexOf(word));
  }
  expect(query.toFile(query.text.indexOf("$1") + 1)).toBe(file.indexOf("sqlc.arg"));
  expect(query.toFile(query.text.indexOf("any"))).toBe(file.indexOf("in (sqlc"));
});

test("every wrong macro is reported at its place", () => {
  const text =
    "-- name: Q :one\nselect sqlc.argh(a), sqlc.arg(1), sqlc.narg(a, b), @fine;\n-- name: R :one\nselect $2;\n";
  const { queries, diagnostics } = readQueries("q.sql", text);
  expect(queries).toEqual([]);
  expect(diagnostics.map((d) => [d.code, d.message, text.slice(d.span!.start, d.span!.end)])).toEqual([
    ["macro-unknown", 'function "sqlc.argh" does not exist', "sqlc.argh(a)"],
    ["macro-argument", 'expected parameter to sqlc.arg to be string or reference; got "1"', "sqlc.arg(1)"],
    ["macro-arguments", "expected 1 parameter to sqlc.narg; got 2", "sqlc.narg(a, b)"],
    ["param-gap", "could not determine data type of parameter $1", "select"],
  ]);
  expect(diagnostics[0]!.hint).toContain("sqlc.arg?");
});
