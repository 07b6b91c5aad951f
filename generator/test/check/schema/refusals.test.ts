import type { Statement } from "../../../src/check/schema/sql/statement.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

const T = "create table t (a int, b int, r int4range);";
const KEYED = "create table o (id int primary key);";
const PARTED = "create table p (a int) partition by range (a);";

/** What is there, what shall be, and a row that the second refuses. */
const REFUSED: readonly (readonly [what: string, base: string, head: string, row: string])[] = [
  ["a CHECK", T, "create table t (a int, b int, r int4range, check (a > 0));", "insert into t values (0)"],
  ["a key", T, "create table t (a int, b int, r int4range, unique (a));", "insert into t values (1), (1)"],
  [
    "a primary key",
    "create table t (a int not null);",
    "create table t (a int primary key);",
    "insert into t values (1), (1)",
  ],
  ["a unique index", T, `${T} create unique index on t (a, b);`, "insert into t values (1, 1), (1, 1)"],
  [
    "an exclusion",
    T,
    "create table t (a int, b int, r int4range, exclude using gist (r with &&));",
    "insert into t (r) values ('[1,3)'), ('[2,4)')",
  ],
  [
    "a reference",
    KEYED + T,
    `${KEYED} create table t (a int references o, b int, r int4range);`,
    "insert into t values (1)",
  ],
  [
    "a rule that is validated",
    `${T} alter table t add constraint c check (a > 0) not valid;`,
    "create table t (a int, b int, r int4range, constraint c check (a > 0));",
    "alter table t drop constraint c; insert into t values (0); alter table t add constraint c check (a > 0) not valid",
  ],
  [
    "a domain's rule",
    "create domain d as int; create table t (a d);",
    "create domain d as int check (value > 0); create table t (a d);",
    "insert into t values (0)",
  ],
  [
    "a domain's NOT NULL",
    "create domain d as int; create table t (a d);",
    "create domain d as int not null; create table t (a d);",
    "insert into t values (null)",
  ],
  [
    "an attribute of another type",
    "create type e as enum ('x'); create type pair as (n bigint, t text); create table t (a pair);",
    "create type e as enum ('x'); create type pair as (n int, t e); create table t (a pair);",
    "insert into t values ((1, 'y'))",
  ],
  ["NOT NULL", T, "create table t (a int not null, b int, r int4range);", "insert into t values (null)"],
  [
    "a table that becomes a partition",
    `${PARTED} create table q (a int);`,
    `${PARTED} create table q partition of p for values from (0) to (9);`,
    "insert into q values (10)",
  ],
  [
    "a partition beside that of the rest",
    `${PARTED} create table rest partition of p default;`,
    `${PARTED} create table rest partition of p default; create table q partition of p for values from (0) to (9);`,
    "insert into p values (1)",
  ],
  [
    "a key of a partitioned table",
    `${PARTED.replace("int", "int not null")} create table q partition of p for values from (0) to (9);`,
    "create table p (a int, primary key (a)) partition by range (a); create table q partition of p for values from (0) to (9);",
    "insert into p values (1), (1)",
  ],
];

/** Runs them one by one, and gives the one that the rows refuse. */
async function refused(statements: readonly Statement[]): Promise<Statement | undefined> {
  for (const statement of statements) {
    try {
      await bench.engine.run(statement.sql);
    } catch {
      return statement;
    }
  }
  return undefined;
}

test.each(REFUSED)("%s: the statement that rows refuse says by which", async (_, base, head, row) => {
  const { migration } = await bench.diff(base, head);
  const forms = [migration!.statements, ...(migration!.online ?? []).map(({ statements }) => statements)];
  const whole = [forms[0]!, ...(migration!.online === null ? [] : [forms.slice(1).flat()])];
  for (const statements of whole) {
    await bench.empty();
    await bench.engine.run(base);
    await bench.engine.run(row);
    const statement = await refused(statements);
    expect(statement).toBeDefined();
    expect([statement!.sql, statement!.note]).toEqual([
      statement!.sql,
      expect.stringMatching(/^fails where /),
    ]);
    // Said once, where the rows are looked at.
    expect(statements.filter(({ note }) => note?.startsWith("fails where"))).toEqual([statement]);
  }
});

test.each([
  ["a table that is new", KEYED, `${KEYED} create table t (a int unique references o check (a > 0));`],
  ["what is not held against them", T, `${T} alter table t add constraint c check (a > 0) not valid;`],
  [
    "what goes and comes back as it was",
    `create function f(x int) returns boolean language sql immutable as 'select true'; create table t (a int, check (f(a)));`,
    `create function f(y int) returns boolean language sql immutable as 'select true'; create table t (a int, check (f(a)));`,
  ],
])("%s: no row refuses it, and nothing is said", async (_, base, head) => {
  const { migration } = await bench.diff(base, head);
  expect(migration!.statements).not.toEqual([]);
  expect(migration!.statements.map(({ note }) => note).filter(Boolean)).toEqual([]);
});
