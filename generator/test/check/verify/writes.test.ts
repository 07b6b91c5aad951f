import type { Constraint } from "../../../src/check/verify/constraints.ts";
import { differences } from "../../../src/check/verify/differences.ts";
import type { Facts } from "../../../src/check/verify/facts.ts";
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
    typeRules: new Map(),
    behindViews: new Map(),
    failing: [],
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

  test("that refuses no more than one that was there is none", () => {
    const was = facts(tables, [rule(["name"], "CHECK (x) NOT VALID"), rule(["id"], "CHECK (y)")]);
    const count = (now: Constraint): number =>
      told(writing("update", ["name"]), was, facts(tables, [now])).length;
    expect(count(rule(["name"]))).toBe(0);
    expect(count(rule(["name"], "CHECK (y) DEFERRABLE"))).toBe(0);
    expect(count(rule(["name"], "CHECK (z)"))).toBe(1);
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

describe("a unique key", () => {
  const key = (definition: string): Constraint => ({
    table: "public.t",
    name: "t_key",
    definition,
    columns: ["id", "name"],
  });
  const tables = { t: ["id", "name"] };
  test.each([
    ["of more columns than one that there was", "UNIQUE (id, name)", "UNIQUE (id)", 0],
    ["of fewer columns", "UNIQUE (id)", "UNIQUE (id, name)", 1],
    [
      "of some of the rows that were unique",
      "CREATE UNIQUE INDEX k ON t USING btree (id) WHERE x",
      "UNIQUE (id)",
      0,
    ],
    ["of all rows, where some were", "UNIQUE (id)", "CREATE UNIQUE INDEX k ON t USING btree (id) WHERE x", 1],
    ["where there was none", "UNIQUE (id)", "CHECK (x)", 1],
  ])("%s", (_, now, was, count) => {
    const found = told(writing("insert", ["id"]), facts(tables, [key(was)]), facts(tables, [key(now)]));
    expect(found).toHaveLength(count);
  });
});

describe("a foreign key, where the table that it refers to", () => {
  const key = (to: string, more: Partial<Constraint> = {}): Constraint => ({
    table: "public.t",
    name: "t_key",
    definition: `FOREIGN KEY (id) REFERENCES ${to}(id)`,
    columns: ["id"],
    ...more,
  });
  const was = facts({ t: ["id"], old: ["id"] }, [key("old")]);
  const count = (tables: Readonly<Record<string, Shape>>, now: Constraint, before = was) =>
    told(writing("insert", ["id"]), before, facts({ t: ["id"], ...tables }, [now])).length;
  const renamed = { fresh: ["id"] };

  test("has another name, is no new rule", () => {
    expect(count(renamed, key("fresh"))).toBe(0);
    expect(count({ ...renamed, "old@public@view": ["id"] }, key("fresh"))).toBe(0);
    expect(count({ "fresh@elsewhere": ["id"] }, key("elsewhere.fresh"))).toBe(0);
  });

  test("is another one, is a new rule", () => {
    expect(count({ ...renamed, old: ["id"] }, key("fresh"))).toBe(1);
    expect(count(renamed, key("fresh"), facts({ t: ["id"], old: ["id"], fresh: ["id"] }, [key("old")]))).toBe(
      1,
    );
    expect(count(renamed, key("fresh"), facts({ t: ["id"] }, [key("old")]))).toBe(1);
    expect(count(renamed, key("fresh"), facts({ t: ["id"], "old@public@view": ["id"] }, [key("old")]))).toBe(
      1,
    );
    expect(count(renamed, key("fresh"), facts({ t: ["id"], "old@elsewhere": ["id"] }, [key("old")]))).toBe(1);
  });

  test("has another name, and the key too, or it does something else, is a new rule", () => {
    expect(count(renamed, key("fresh", { name: "other" }))).toBe(1);
    expect(count(renamed, key("fresh", { definition: `${key("fresh").definition} ON DELETE CASCADE` }))).toBe(
      1,
    );
    expect(count(renamed, key("fresh", { definition: "CHECK (x)" }))).toBe(1);
    expect(
      count(
        renamed,
        key("fresh"),
        facts({ t: ["id"], old: ["id"] }, [key("old", { definition: "CHECK (x)" })]),
      ),
    ).toBe(1);
  });
});

describe("a name that may mean another column", () => {
  const reading = (columns: readonly string[], more: readonly Privilege[] = [], text = ""): Query =>
    query({
      sql: constantSql(text),
      privileges: [{ kind: "select", schema: "public", table: "t", columns: [...columns] }, ...more],
    });
  const meanings = (was: Query, on: Facts, is: Query, now: Facts): string[] =>
    differences(was, on, is, now).map(({ about, message }) => `${about}: ${message}`);
  const before = facts({ "t@elsewhere": ["id", "b", "z"], t: ["id", "a"], other: ["b"] });
  const gets = facts({ "t@elsewhere": ["id"], t: ["id", "a", "b"], other: ["id"] });
  const hidden = "b: b is a column of t here, and was another one on the schema that the client was made for";
  const given = "b: b is no column of t here: it is another one that the query can see";

  test("is told where the table gets the column, or loses it", () => {
    expect(meanings(reading(["id"]), before, reading(["id", "b"]), gets)).toEqual([hidden]);
    expect(meanings(reading(["id", "b"]), gets, reading(["id"]), before)).toEqual([given]);
  });

  test("is none where the query does not read it, or reads what was there", () => {
    expect(meanings(reading(["id"]), before, reading(["id"]), gets)).toEqual([]);
    expect(meanings(reading(["id"]), gets, reading(["id", "b"]), gets)).toEqual([]);
    expect(meanings(reading(["id", "b"]), gets, reading(["id"]), gets)).toEqual([]);
    expect(meanings(reading(["id"]), before, reading(["id", "gone"]), gets)).toEqual([]);
  });

  test("is none of a query that takes whole rows, or joins by all names", () => {
    expect(meanings(reading(["id", "a"]), before, reading(["id", "a", "b"]), gets)).toEqual([]);
    const natural = reading(["id"], [], "select id from t natural join other");
    expect(meanings(natural, before, reading(["id", "b"]), gets)).toEqual([]);
  });

  test("is none of a table that only one of the two reads, or has", () => {
    const other: Privilege = { kind: "select", schema: "public", table: "other", columns: ["b"] };
    const elsewhere: Privilege = { kind: "select", schema: "elsewhere", table: "t", columns: ["b"] };
    const written: Privilege = { kind: "insert", schema: "public", table: "t", columns: ["b"] };
    const used: Privilege = { kind: "usage on sequence", object: "t" };
    for (const one of [other, elsewhere, used])
      expect(meanings(reading(["id"]), before, query({ privileges: [one] }), gets)).toEqual([]);
    expect(meanings(reading(["id"]), before, query({ privileges: [written] }), before)).toEqual([]);
    expect(meanings(reading(["id"]), facts({ other: ["b"] }), reading(["id", "b"]), gets)).toEqual([]);
    expect(meanings(reading(["id", "b"]), gets, reading(["id"]), facts({ other: ["b"] }))).toEqual([]);
    // Beside others, in whatever order.
    expect(
      meanings(
        reading(["id"], [other]),
        before,
        query({
          privileges: [elsewhere, { ...written, columns: ["id"] }, other, ...reading(["id", "b"]).privileges],
        }),
        gets,
      ),
    ).toContain(hidden);
  });
});

test("several rows where there was one are told of who takes one, and of nobody else", () => {
  const rows = (atMostOne: boolean, command: Query["command"] = ":one"): Query => {
    const one = query({ command });
    return { ...one, rows: { ...one.rows, atMostOne } };
  };
  const codes = (was: Query, is: Query) => differences(was, facts({}), is, facts({})).map(({ code }) => code);
  expect(codes(rows(true), rows(false))).toEqual(["verify-result"]);
  expect(codes(rows(true), rows(true))).toEqual([]);
  expect(codes(rows(false), rows(false))).toEqual([]);
  expect(codes(rows(true, ":many"), rows(false, ":many"))).toEqual([]);
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
