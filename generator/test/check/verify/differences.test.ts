import { differences } from "../../../src/check/verify/differences.ts";
import type { Facts } from "../../../src/check/verify/facts.ts";
import type { Catalog, PgType } from "../../../src/model/catalog.ts";
import type { Column, JsonShape, Param, Query } from "../../../src/model/query.ts";
import { constantSql } from "../../../src/model/sql.ts";

// What a client notices, kind by kind; that PostgreSQL agrees is shown in tests/verify.

let oid = 1000;
const base = (name: string): PgType => ({
  kind: "base",
  oid: oid++,
  schema: "pg_catalog",
  name,
  display: name,
  comment: null,
  extension: null,
});
const array = (element: PgType): PgType => ({
  kind: "array",
  oid: oid++,
  schema: "pg_catalog",
  name: `_${element.name}`,
  display: `${element.display}[]`,
  comment: null,
  element: element.oid,
});
const domain = (over: PgType, values: string[] | null = null): PgType => ({
  kind: "domain",
  oid: oid++,
  schema: "public",
  name: "d",
  display: "d",
  comment: null,
  base: over.oid,
  notNull: false,
  values,
});
const enumOf = (...labels: string[]): PgType => ({
  kind: "enum",
  oid: oid++,
  schema: "public",
  name: "e",
  display: "e",
  comment: null,
  labels,
});
const composite = (...attributes: [string, PgType][]): PgType => ({
  kind: "composite",
  oid: oid++,
  schema: "public",
  name: "c",
  display: "c",
  comment: null,
  standalone: true,
  attributes: attributes.map(([name, type], i) => ({ name, number: i + 1, type: type.oid, comment: null })),
});
const range = (subtype: PgType): PgType => ({
  kind: "range",
  oid: oid++,
  schema: "public",
  name: "r",
  display: "r",
  comment: null,
  subtype: subtype.oid,
});
const [bit, varbit, inet, cidr] = ["bit", "varbit", "inet", "cidr"].map(base) as [
  PgType,
  PgType,
  PgType,
  PgType,
];
const [int2, int4, int8, numeric, text, varchar, bpchar, json, date, timestamp] = [
  "int2",
  "int4",
  "int8",
  "numeric",
  "text",
  "varchar",
  "bpchar",
  "jsonb",
  "date",
  "timestamp",
].map(base) as [PgType, PgType, PgType, PgType, PgType, PgType, PgType, PgType, PgType, PgType];

const column = (type: PgType, rest: Partial<Column> = {}): Column => ({
  name: "c",
  type: type.oid,
  display: type.display,
  nullable: false,
  because: { code: "not-null-column" },
  elementsNullable: false,
  dimensions: null,
  origin: null,
  values: null,
  shape: null,
  ...rest,
});
const param = (type: PgType, rest: Partial<Param> = {}): Param => ({
  number: 1,
  name: "p",
  type: type.oid,
  display: type.display,
  nullable: false,
  because: { name: { code: "no-name" }, nullable: { code: "shown-null" } },
  elementsNullable: true,
  slice: false,
  origin: null,
  values: null,
  ...rest,
});
const query = (rest: Partial<Query>): Query => ({
  name: "Q",
  command: ":many",
  span: { file: "q.sql", start: 0, end: 0 },
  line: 1,
  comments: [],
  sql: constantSql(""),
  rows: {
    atLeastOne: false,
    atMostOne: true,
    because: { atLeastOne: { code: "may-be-empty" }, atMostOne: { code: "unique-key" } },
  },
  statement: "select",
  params: [],
  columns: [],
  embeds: [],
  relations: [],
  insert: null,
  privileges: [],
  ...rest,
});

function facts(types: readonly PgType[], columnTypes: Readonly<Record<string, string>> = {}): Facts {
  const all = [
    int2,
    int4,
    int8,
    numeric,
    text,
    varchar,
    bpchar,
    json,
    date,
    timestamp,
    bit,
    varbit,
    inet,
    cidr,
    ...types,
  ];
  const catalog: Catalog = { types: new Map(all.map((type) => [type.oid, type])), relations: [] };
  return {
    catalog,
    constraints: [],
    columnTypes: new Map(Object.entries(columnTypes)),
    identities: new Set(),
    typeRules: new Map(),
    behindViews: new Map(),
    failing: [],
  };
}
const told = (found: ReturnType<typeof differences>): string[] =>
  found.map(({ code, effect }) => `${effect} ${code}`);
const read = (was: Column, is: Column, ...types: PgType[]): string[] =>
  told(differences(query({ columns: [was] }), facts(types), query({ columns: [is] }), facts(types)));
const sent = (was: Param, is: Param, ...types: PgType[]): string[] =>
  told(differences(query({ params: [was] }), facts(types), query({ params: [is] }), facts(types)));

test("elements that may be NULL now", () => {
  const ints = array(int4);
  expect(read(column(ints), column(ints, { elementsNullable: true }), ints)).toEqual([
    "breaks verify-nullability",
  ]);
  expect(read(column(ints, { elementsNullable: true }), column(ints), ints)).toEqual([]);
});

test("labels behind arrays and domains", () => {
  const [few, many] = [enumOf("a"), enumOf("a", "b")];
  for (const wrap of [array, domain, (type: PgType) => array(type)]) {
    const [was, is] = [wrap(few), wrap(many)];
    expect(read(column(was), column(is), few, many, was, is)).toEqual(["may verify-enum"]);
    expect(read(column(is), column(was), few, many, was, is)).toEqual([]);
    expect(sent(param(is), param(was), few, many, was, is)).toEqual(["breaks verify-parameter"]);
    expect(sent(param(was), param(is), few, many, was, is)).toEqual([]);
  }
  const deep = [domain(few), domain(many)].map((inner) => [inner, array(inner)] as const);
  expect(read(column(deep[0]![1]), column(deep[1]![1]), few, many, ...deep.flat())).toEqual([
    "may verify-enum",
  ]);
  const valued = [domain(text, ["a"]), domain(text, ["a", "b"])] as const;
  expect(read(column(valued[0]), column(valued[1]), ...valued)).toEqual(["may verify-enum"]);
});

test("a parameter's type that takes less", () => {
  for (const [was, is] of [
    [numeric, int4],
    [int8, int4],
    [int4, int2],
    [timestamp, date],
    [text, json],
  ] as const)
    expect(sent(param(was), param(is))).toEqual(["breaks verify-parameter"]);
  for (const [was, is] of [
    [int4, numeric],
    [int4, int8],
    [int2, int4],
    [date, timestamp],
    [varchar, text],
    [text, varchar],
  ] as const)
    expect(sent(param(was), param(is))).toEqual([]);
  const [of4, of8] = [array(int4), array(int8)];
  expect(sent(param(of4), param(of8), of4, of8)).toEqual([]);
  expect(sent(param(of8), param(of4), of4, of8)).toEqual(["breaks verify-parameter"]);
  expect(sent(param(int4), param(of4), of4)).toEqual(["breaks verify-parameter"]);
});

test("a parameter's column that holds less", () => {
  const origin = { schema: "public", table: "t", column: "c" };
  const stored = (was: string, is: string): string[] =>
    told(
      differences(
        query({ params: [param(varchar, { origin })] }),
        facts([], { "public.t.c": was }),
        query({ params: [param(varchar, { origin })] }),
        facts([], { "public.t.c": is }),
      ),
    );
  expect(stored("character varying(9)", "character varying(5)")).toEqual(["breaks verify-parameter"]);
  expect(stored("text", "character varying(5)")).toEqual(["breaks verify-parameter"]);
  expect(stored("character varying(5)", "character varying(9)")).toEqual([]);
  expect(stored("character varying(5)", "text")).toEqual([]);
  expect(stored("numeric(6,2)", "numeric(4,2)")).toEqual(["breaks verify-parameter"]);
  expect(stored("numeric(6,2)", "numeric(6,1)")).toEqual(["may verify-parameter"]);
  expect(stored("numeric(6,2)", "numeric(8,2)")).toEqual([]);
  expect(stored("timestamp(6) without time zone", "timestamp(3) without time zone")).toEqual([]);
  expect(stored("timestamp with time zone", "timestamp(0) with time zone")).toEqual(["may verify-parameter"]);
  expect(stored("timestamp(0) with time zone", "timestamp with time zone")).toEqual([]);
});

test("NULL that is no longer taken", () => {
  expect(sent(param(text, { nullable: true }), param(text))).toEqual(["breaks verify-parameter"]);
  expect(sent(param(text), param(text, { nullable: true }))).toEqual([]);
});

test("types that a client reads alike", () => {
  for (const [was, is] of [
    [varchar, text],
    [text, varchar],
    [int2, int4],
    [int4, int2],
    [bit, varbit],
  ] as const)
    expect(read(column(was), column(is))).toEqual([]);
  // Some values are written otherwise: blanks behind them, the mask of a single host.
  for (const [was, is] of [
    [text, bpchar],
    [bpchar, varchar],
    [cidr, inet],
  ] as const) {
    expect(read(column(was), column(is))).toEqual(["may verify-result"]);
    for (const within of [array, range, (type: PgType) => composite(["a", int4], ["b", type])]) {
      const wholes = [within(was), within(is)] as const;
      expect(read(column(wholes[0]), column(wholes[1]), ...wholes)).toEqual(["may verify-result"]);
    }
  }
  for (const [was, is] of [
    [int4, int8],
    [bit, text],
    [inet, text],
    [date, timestamp],
    [text, json],
    [numeric, int8],
  ] as const)
    expect(read(column(was), column(is))).toEqual(["breaks verify-result"]);
  const over = domain(text);
  expect(read(column(over), column(text), over)).toEqual([]);
  const ranges = [range(int4), range(int8)] as const;
  expect(read(column(ranges[0]), column(ranges[1]), ...ranges)).toEqual(["breaks verify-result"]);
});

test("what lies in a composite, by place", () => {
  const was = composite(["a", text], ["b", int4]);
  for (const is of [
    composite(["a", text]),
    composite(["a", text], ["b", int8]),
    composite(["b", int4], ["a", text]),
    composite(["a", text], ["b", int4], ["z", text]),
  ]) {
    expect(read(column(was), column(is), was, is)).toEqual(["breaks verify-result"]);
    const arrays = [array(was), array(is)] as const;
    expect(read(column(arrays[0]), column(arrays[1]), was, is, ...arrays)).toEqual(["breaks verify-result"]);
    expect(sent(param(was), param(is), was, is)).toEqual(["breaks verify-parameter"]);
  }
  const same = composite(["a", varchar], ["b", int4]);
  expect(read(column(was), column(same), was, same)).toEqual([]);
});

describe("what lies in a JSON value", () => {
  const scalar = (type: PgType, values: string[] | null = null): JsonShape => ({
    kind: "scalar",
    type: type.oid,
    values,
  });
  const object = (fields: Record<string, JsonShape>, nullable: readonly string[] = []): JsonShape => ({
    kind: "object",
    fields: Object.entries(fields).map(([name, shape]) => ({
      name,
      shape,
      nullable: nullable.includes(name),
    })),
  });
  const list = (element: JsonShape, elementNullable = false): JsonShape => ({
    kind: "array",
    element,
    elementNullable,
  });
  const shaped = (was: JsonShape | null, is: JsonShape | null): string[] =>
    read(column(json, { shape: was }), column(json, { shape: is }));

  test.each([
    [
      "a member that is gone",
      object({ a: scalar(text), b: scalar(text) }),
      object({ a: scalar(text) }),
      ["breaks verify-result"],
    ],
    ["a member that is new", object({ a: scalar(text) }), object({ a: scalar(text), b: scalar(text) }), []],
    [
      "a member that may be NULL",
      object({ a: scalar(text) }),
      object({ a: scalar(text) }, ["a"]),
      ["breaks verify-nullability"],
    ],
    [
      "a number that is text",
      object({ a: scalar(int4) }),
      object({ a: scalar(text) }),
      ["breaks verify-result"],
    ],
    ["a number that is a larger one", object({ a: scalar(int4) }), object({ a: scalar(int8) }), []],
    [
      "deep inside",
      list(object({ a: list(scalar(int4)) })),
      list(object({ a: list(scalar(text)) })),
      ["breaks verify-result"],
    ],
    [
      "elements that may be NULL",
      list(scalar(text)),
      list(scalar(text), true),
      ["breaks verify-nullability"],
    ],
    ["an array that is an object", list(scalar(text)), object({}), ["breaks verify-result"]],
    ["a value more", scalar(text, ["a"]), scalar(text, ["a", "b"]), ["may verify-enum"]],
    ["what is not known any more", object({ a: scalar(text) }), null, ["may verify-result"]],
    ["what was not known", null, object({ a: scalar(text) }), []],
  ] as const)("%s", (_, was, is, expected) => {
    expect(shaped(was, is)).toEqual(expected);
  });
});

test("a subquery that stands for a value and may give several rows now is to be looked at", () => {
  const of = (...atMostOne: readonly boolean[]): Query =>
    query({ valueSubqueries: atMostOne.map((holds) => ({ atMostOne: holds, reads: [] })) });
  const between = (was: Query, is: Query): string[] => told(differences(was, facts([]), is, facts([])));
  expect(between(of(true, true), of(true, false))).toEqual(["may verify-changed"]);
  expect(between(of(false, true), of(false, true))).toEqual([]);
  expect(between(of(false), of(true))).toEqual([]);
  expect(between(of(false), of(false))).toEqual([]);
  // Other subqueries are other ones.
  expect(between(of(true), of(false, false))).toEqual([]);
  expect(between(of(true), query({}))).toEqual([]);
  expect(between(query({}), of(false))).toEqual([]);
});

describe("values of an INSERT without a list go by their places", () => {
  const insert = (...columns: string[]): Query =>
    query({ statement: "insert", insert: { schema: "public", table: "t", columns } });
  const sent = (...columns: string[]): Query =>
    query({
      statement: "insert",
      params: columns.map((name, i) =>
        param(text, { number: i + 1, origin: { schema: "public", table: "t", column: name } }),
      ),
    });
  const on = (...columns: string[]): Facts => {
    const known = facts([text]);
    const relation = {
      schema: "public",
      name: "t",
      kind: "table",
      columns: columns.map((name) => ({ name })),
    } as unknown as Facts["catalog"]["relations"][number];
    return { ...known, catalog: { ...known.catalog, relations: [relation] } };
  };
  const between = (was: Query, is: Query, now: Facts): string[] =>
    differences(was, on("a", "b"), is, now).flatMap(({ code, effect, about }) =>
      code === "verify-changed" ? [`${effect} ${about}`] : [],
    );

  test.each([
    ["the same places", insert("a", "b"), insert("a", "b"), ["a", "b"], []],
    ["other places", insert("a", "b"), insert("b", "a"), ["a", "b"], ["may b"]],
    ["one in between", insert("a", "b"), insert("a", "z"), ["a", "z", "b"], ["may z"]],
    // A column that has another name is the same.
    ["another name", insert("a", "b"), insert("a", "c"), ["a", "c"], []],
    ["fewer columns", insert("a", "b"), insert("a"), ["a", "b"], []],
    ["parameters of other columns", sent("a", "b"), sent("b", "a"), ["a", "b"], ["may b"]],
    ["parameters of renamed columns", sent("a"), sent("c"), ["c"], []],
    ["parameters of the same columns", sent("a", "b"), sent("a", "b"), ["a", "b"], []],
    ["a parameter of none", sent("a"), query({ params: [param(text)] }), ["a", "b"], []],
  ])("%s", (_, was, is, columns, expected) => {
    expect(between(was, is, on(...columns))).toEqual(expected);
  });

  test("another table is another matter", () => {
    const other = query({ statement: "insert", insert: { schema: "public", table: "u", columns: ["b"] } });
    expect(between(insert("a"), other, on("a", "b"))).toEqual([]);
    const origin = { schema: "public", table: "u", column: "b" };
    expect(between(sent("a"), query({ params: [param(text, { origin })] }), on("a", "b"))).toEqual([]);
  });
});
