import type { Constraint } from "../../../src/check/verify/constraints.ts";
import type { Facts } from "../../../src/check/verify/difference.ts";
import { differences } from "../../../src/check/verify/differences.ts";
import type { Relation, RelationColumn } from "../../../src/model/catalog.ts";
import type { Column, Param, Privilege, Query } from "../../../src/model/query.ts";
import { constantSql } from "../../../src/model/sql.ts";

// What a statement that writes meets in a schema with other columns and rules; and results and parameters that are gone.

const NAME = "name text not null";
type Shape = readonly string[];

/** Tables by name, or `name@schema@kind`, each column as SQL would have it. */
function facts(tables: Readonly<Record<string, Shape>>, constraints: readonly Constraint[] = []): Facts {
  const relations = Object.entries(tables).map(([path, columns]): Relation => {
    const [name = "", schema = "public", kind = "table"] = path.split("@");
    return {
      oid: 1,
      schema,
      name,
      kind: kind as Relation["kind"],
      rowType: 0,
      columns: columns.map(
        (text, i): RelationColumn => ({
          name: text.split(" ")[0]!,
          number: i + 1,
          type: 25,
          comment: null,
          nullable: !/not null/.test(text),
          hasDefault: /default/.test(text),
          generated: /generated/.test(text),
          values: null,
        }),
      ),
      comment: null,
      partitionOf: null,
    };
  });
  return {
    catalog: { types: new Map(), relations },
    constraints,
    columnTypes: new Map(),
    identities: new Set(),
    behindViews: new Map(),
  };
}

const query = (rest: Partial<Query>): Query => ({
  name: "Q",
  command: ":exec",
  span: { file: "q.sql", start: 0, end: 0 },
  line: 1,
  comments: [],
  sql: constantSql(""),
  rows: {
    atLeastOne: false,
    atMostOne: true,
    because: { atLeastOne: { code: "may-be-empty" }, atMostOne: { code: "unique-key" } },
  },
  statement: "insert",
  params: [],
  columns: [],
  embeds: [],
  relations: [],
  insert: null,
  privileges: [],
  ...rest,
});
const writing = (kind: "insert" | "update" | "select" | "delete", columns: string[], table = "t") =>
  query({ privileges: [{ kind, schema: "public", table, columns }] });
const told = (wanted: Query, on: Facts, now: Facts): string[] =>
  differences(wanted, on, wanted, now).map(({ message }) => message);

describe("a column that must have a value", () => {
  const missing = "it inserts into t without a value for name, which is not null and has no default";
  const before = facts({ t: ["id"] });
  test.each([
    ["is new", ["id", NAME], [missing]],
    ["may be NULL", ["id", "name text"], []],
    ["has a default", ["id", `${NAME} default ''`], []],
    ["is generated", ["id", `${NAME} generated`], []],
  ] as const)("%s", (_, columns, expected) => {
    expect(told(writing("insert", ["id"]), before, facts({ t: columns }))).toEqual(expected);
  });

  test("was there before, or is given, or is another table's, or is not inserted into", () => {
    const now = facts({ t: ["id", NAME] });
    expect(told(writing("insert", ["id"]), now, now)).toEqual([]);
    expect(told(writing("insert", ["id", "name"]), before, now)).toEqual([]);
    expect(told(writing("update", ["id"]), before, now)).toEqual([]);
    expect(told(writing("delete", []), before, now)).toEqual([]);
    expect(told(writing("select", ["id"]), before, now)).toEqual([]);
    expect(told(writing("insert", ["id"]), before, facts({ t: ["id"], other: [NAME] }))).toEqual([]);
    expect(told(writing("insert", ["id"]), before, facts({ "t@elsewhere": [NAME], t: ["id"] }))).toEqual([]);
  });

  test("had no NULL nor default before: it was left out with a trigger's help", () => {
    const was = facts({ t: ["id", "note text not null"] });
    expect(told(writing("insert", ["id"]), was, facts({ t: ["id", "note text not null", NAME] }))).toEqual([
      missing,
    ]);
  });

  test("of a view is its table's matter", () => {
    const [was, now] = [facts({ "t@public@view": ["id"] }), facts({ "t@public@view": ["id", NAME] })];
    expect(told(writing("insert", ["id"]), was, now)).toEqual([]);
    const kept = facts({ "t@public@materialized view": ["id", NAME] });
    expect(told(writing("insert", ["id"]), was, kept)).toEqual([]);
  });
});

describe("a rule", () => {
  const rule = (columns: string[], definition = "CHECK (x)", table = "public.t"): Constraint => ({
    table,
    name: "t_rule",
    definition,
    columns,
  });
  const tables = { t: ["id", "name", "note"] };
  const said = (kind: string) => `it ${kind}s t, which has a new rule that may refuse it: t_rule, CHECK (x)`;
  test.each([
    ["of the whole row", "update", ["name"], rule([]), 1],
    ["of a column that is set", "update", ["name"], rule(["name"]), 1],
    ["of a column among those set", "update", ["name"], rule(["note", "name"]), 1],
    ["of another column", "update", ["name"], rule(["note"]), 0],
    ["of what INSERT leaves to a default", "insert", ["name"], rule(["note"]), 1],
    ["of a new column", "insert", ["name"], rule(["fresh"]), 0],
    ["of a new column and an old one", "insert", ["name"], rule(["fresh", "note"]), 1],
    ["of another table", "insert", ["name"], rule(["name"], "CHECK (x)", "public.other"), 0],
    ["of one that is only read", "select", ["name"], rule(["name"]), 0],
    ["of one that is deleted from", "delete", [], rule([]), 0],
  ] as const)("%s", (_, kind, columns, added, count) => {
    const found = told(writing(kind, [...columns]), facts(tables), facts(tables, [added]));
    expect(found).toEqual(Array.from({ length: count }, () => said(kind)));
  });

  test("that was there by another name is none", () => {
    const was = facts(tables, [{ ...rule(["name"]), name: "older" }]);
    expect(told(writing("update", ["name"]), was, facts(tables, [rule(["name"])]))).toEqual([]);
    const others = facts(tables, [{ ...rule(["name"]), table: "public.other" }]);
    expect(told(writing("update", ["name"]), others, facts(tables, [rule(["name"])]))).toEqual([
      said("update"),
    ]);
  });

  test("of a table that is new is none", () => {
    const now = facts(tables, [rule(["name"])]);
    expect(told(writing("insert", ["name"]), facts({ other: ["id"] }), now)).toEqual([]);
    expect(told(writing("insert", ["name"]), facts({ other: ["id"] }), facts(tables, [rule([])]))).toEqual(
      [],
    );
    expect(told(writing("insert", ["name"]), facts({ "t@elsewhere": ["name"] }), now)).toEqual([]);
    const beside = facts({ "t@elsewhere": ["fresh"], other: ["fresh"], t: ["name"] });
    expect(told(writing("insert", ["name"]), beside, now)).toEqual([said("insert")]);
    expect(told(writing("insert", ["name"]), beside, facts(tables, [rule(["fresh"])]))).toEqual([]);
  });

  test("of a table is not one of an object that is used", () => {
    const privileges: Privilege[] = [{ kind: "usage on sequence", object: "t" }];
    expect(told(query({ privileges }), facts(tables), facts(tables, [rule([])]))).toEqual([]);
  });
});

describe("what is gone", () => {
  const column = (name: string) =>
    ({
      name,
      type: 25,
      display: "text",
      nullable: true,
      values: null,
      shape: null,
      origin: null,
    }) as unknown as Column;
  const param = (number: number) =>
    ({
      number,
      name: `p${number}`,
      type: 25,
      display: "text",
      nullable: true,
      values: null,
      origin: null,
    }) as unknown as Param;
  const none = facts({});
  const gone = (was: Partial<Query>, is: Partial<Query>) =>
    differences(query(was), none, query(is), none).map(({ code, message }) => `${code} ${message}`);

  test.each([
    [["a"], ["b"], "it returns (b) here, and the client was made for (a)"],
    [["a", "b"], ["a"], "it returns (a) here, and the client was made for (a, b)"],
    [["a, b"], ["a", "b"], "it returns (a, b) here, and the client was made for (a, b)"],
  ])("columns %s", (was, is, message) => {
    expect(gone({ columns: was.map(column) }, { columns: is.map(column) })).toEqual([
      `verify-result ${message}`,
    ]);
  });

  test("a parameter", () => {
    expect(gone({ params: [param(1), param(2)] }, { params: [param(1)] })).toEqual([
      "verify-parameter $2 (p2) is gone",
    ]);
  });
});
