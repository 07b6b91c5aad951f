import {
  commentOverrides,
  commentProblems,
  passedOnOverrides,
  typeTag,
  withoutTypeTag,
} from "../../src/emit/stored-json.ts";
import type { Catalog, PgType } from "../../src/model/catalog.ts";

test.each([
  ["@type {Conf}", "Conf"],
  ["@type { model: string; limits?: { steps: number } }", "{ model: string; limits?: { steps: number } }"],
  ["@type {{ a: 1 }}", "{ a: 1 }"],
  ["@type { readonly [key: string]: number }", "{ readonly [key: string]: number }"],
  ["@type {readonly [x: number, y: number][]}", "readonly [x: number, y: number][]"],
  ['@type {Record<string, \'a}\' | "b\\"}">}', 'Record<string, \'a}\' | "b\\"}">'],
  ['@type {import("./conf.js").Conf | null}', 'import("./conf.js").Conf | null'],
  ["@type {(a: string) => void}", "(a: string) => void"],
  ["@type {T extends string ? keyof Conf : unique symbol}", "T extends string ? keyof Conf : unique symbol"],
  [
    '@type { "a b": Conf["c d"]; e?: string; readonly f: readonly Conf[] }',
    '{ "a b": Conf["c d"]; e?: string; readonly f: readonly Conf[] }',
  ],
  ["@type {| Conf | Extra}", "| Conf | Extra"],
  [
    "@type {{ [K in keyof Conf]-?: new (a: string, b?: number) => K }}",
    "{ [K in keyof Conf]-?: new (a: string, b?: number) => K }",
  ],
  ["@type {typeof import('./conf.js').conf}", "typeof import('./conf.js').conf"],
])("%s is a type", (comment, type) => expect(typeTag(comment)?.type).toBe(type));

test.each([
  "@type {Conf",
  "@type {}",
  "@type {Array<string}",
  "@type {[a)}",
  "@type {string /* */}",
  "@type {`a${string}`}",
  "@type {'a}",
  // What would be left out makes it another type.
  "@type { id: number }[]",
  "@type {Conf} | null",
  "Set up. @type { id: number } & { more: string }",
  "@type {string}\n  [ ]",
  // Nor is what has no braces, or is no type between them.
  "@type Conf",
  "Set up. @Type {Conf}",
  "@types {Conf}",
  "@type {Conf Extra}",
  "@type { model string }",
  "@type { model: string limits: number }",
  "@type {string |}",
  "@type {Conf | | null}",
  "@type {Array<string | >}",
  "@type {() =>}",
])("%s has no type", (comment) => expect(typeTag(comment)).toMatchObject({ type: null }));

test("what else a comment says stays", () => {
  expect(typeTag("a type {Conf}")).toBe(null);
  expect(withoutTypeTag("a type {Conf}")).toBe("a type {Conf}");
  expect(withoutTypeTag("Set up. @type {Conf} Rarely changes.")).toBe("Set up. Rarely changes.");
  expect(withoutTypeTag("@type {Conf}")).toBe(null);
  expect(typeTag("@type {Conf} [see there] or | there")).toMatchObject({
    type: "Conf",
    rest: "[see there] or | there",
  });
  expect(withoutTypeTag(null)).toBe(null);
});

test("a comment that has no type in its tag is an error, on columns of JSON and its arrays alone", () => {
  const column = (name: string, type: number, comment: string) => ({
    ...{ name, type, comment, number: 1, nullable: true, hasDefault: false, generated: false, values: null },
  });
  const columns = [
    column("a", 114, "@type {x"),
    column("b", 25, "@type {x"),
    column("c", 114, "@type {C}"),
    column("d", 199, "@type {D[]}"),
    column("e", 1009, "@type {x"),
    column("f", 114, "@type { id: number }[]"),
  ];
  const table = { oid: 1, schema: "public", name: "t", kind: "table", rowType: 2, comment: null } as const;
  const json = { oid: 114, schema: "pg_catalog", name: "json", display: "json", comment: null } as const;
  const text = { ...json, oid: 25, name: "text", display: "text" };
  const arrayOf = (oid: number, element: number) =>
    ({ ...json, oid, name: `_${element}`, kind: "array", element }) as const;
  const catalog: Catalog = {
    types: new Map<number, PgType>([
      ...[json, text].map((type) => [type.oid, { ...type, kind: "base", extension: null }] as const),
      ...[arrayOf(199, 114), arrayOf(1009, 25)].map((type) => [type.oid, type] as const),
    ]),
    relations: [{ ...table, partitionOf: null, columns }],
  };
  const sql = "-- @type {x\ncomment on column t.a is 'old';\ncomment on column t.a is $$@type {x$$;\n";
  const [placed, unplaced] = commentProblems(catalog, [
    { path: "1.sql", text: sql },
    { path: "2.sql", text: "select 1;" },
  ]);
  expect(placed!.span).toEqual({
    file: "1.sql",
    start: sql.indexOf("$$@type") + 2,
    end: sql.indexOf("$$@type") + 7,
  });
  expect(unplaced!.span).toBeUndefined();
  // A view has the comment of the column that it shows.
  const stored = { schema: "public", table: "t", column: "a" };
  const view = { ...table, oid: 3, name: "v", kind: "view", partitionOf: null } as const;
  const shown = { ...columns[0]!, comment: null, stored };
  expect(
    commentProblems({ ...catalog, relations: [...catalog.relations, { ...view, columns: [shown] }] }),
  ).toHaveLength(2);
  // What the configuration says of it holds there, too.
  const withView = { ...catalog, relations: [...catalog.relations, { ...view, columns: [shown] }] };
  const said = { column: "t.a", ts_type: "A" };
  const others = [
    { column: "t.a", nullable: false },
    { column: "t.a", query: "Q", ts_type: "B" },
  ];
  expect(passedOnOverrides(withView, [...others, said])).toEqual([{ column: "public.v.a", ts_type: "A" }]);
  expect(passedOnOverrides(withView, others)).toEqual([]);
  expect(commentProblems(catalog)).toMatchObject([
    { code: "comment-type", severity: "error", message: expect.stringContaining("no TypeScript type") },
    { code: "comment-type", severity: "error", hint: expect.stringContaining("`@type {{ id: number }[]}`") },
  ]);
  expect(commentOverrides(catalog)).toEqual([
    { column: "public.t.c", ts_type: "C" },
    { column: "public.t.d", ts_type: "D[]" },
  ]);
});
