import { isDoneAlike, isSameFor } from "../../../src/check/verify/concerns/alike.ts";

// A view that gives the same rows by two definitions, for who reads some of its columns.

const BASE = " SELECT id,\n    upper(note) AS note,\n    n\n   FROM box\n  WHERE n > 0\n  ORDER BY id";

test.each([
  ["the same", BASE, null, true],
  ["a column that is not read", BASE.replace("upper", "lower"), ["id", "n"], true],
  ["a column that is read", BASE.replace("upper", "lower"), ["id", "note"], false],
  ["any column", BASE.replace("upper", "lower"), null, false],
  ["a column more", BASE.replace("n\n", "n,\n    1 AS one\n"), null, true],
  ["a column that is not there", BASE.replace(",\n    n", ""), ["n"], false],
  ["other rows", BASE.replace("> 0", "> 1"), ["id"], false],
  ["another order", BASE.replace("ORDER BY id", "ORDER BY n"), null, true],
  ["another order of the first ones", `${BASE.replace("ORDER BY id", "ORDER BY n")}\n LIMIT 1`, null, false],
  ["rows apart", BASE.replace("SELECT id", "SELECT DISTINCT id"), ["id"], false],
  ["more rows", `${BASE}\nUNION ALL\n SELECT 1, 'a', 2 FROM box`, ["id"], false],
])("%s", (_, other, columns, expected) => {
  expect(isSameFor(columns === null ? null : new Set(columns), BASE, other)).toBe(expected);
});

test("what is no plain SELECT is not the same, but as a whole", () => {
  const apart = " SELECT DISTINCT id,\n    n\n   FROM box";
  const grouped = ` WITH w AS (\n         SELECT 1\n        )\n SELECT 1 AS id\n   FROM w`;
  for (const one of [apart, grouped])
    expect(isSameFor(new Set(["id"]), one, one.replace("box", "other"))).toBe(false);
  expect(isSameFor(null, " SELECT 1 AS id", " SELECT 1 AS id")).toBe(false);
});

const routine = (body: string, attributes: readonly string[], language = "sql") => ({
  ...{ returns: "integer", arguments: "v integer", owner: null, definition: "" },
  ...{ body, attributes, language },
});

test.each([
  ["an expression", "select coalesce(v, 0) + 1", "sql", true],
  [
    "a body of branches",
    "begin if v > 5 then return abs(v); end if; return lower('A'); end",
    "plpgsql",
    true,
  ],
  ["a table", "select v + count(*)::int from box", "sql", false],
  ["a function of the user", "select twice(v)", "sql", false],
  ["chance", "select random() < 0.5", "sql", false],
  ["the time", "select 'now'::date", "sql", false],
  ["a text that is executed", "begin execute 'x'; end", "plpgsql", false],
  ["another language", "return v", "plpython3u", false],
])(
  "whether it is volatile or immutable nobody sees of what is made of %s: %#",
  (_, body, language, expected) => {
    const of = (attributes: readonly string[]) => routine(body, attributes, language);
    expect(isDoneAlike(of(["volatile", "cost 100"]), of(["immutable", "cost 1"]))).toBe(expected);
    expect(isDoneAlike(of(["volatile"]), of(["immutable", "strict"]))).toBe(false);
  },
);
