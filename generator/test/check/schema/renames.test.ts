import type { SchemaDiff } from "../../../src/check/schema/diff.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

const renames = ({ changes }: SchemaDiff): string[] =>
  changes.flatMap(({ change, kind, from, identity }) =>
    change === "renamed" ? [`${kind} ${from} > ${identity}`] : [],
  );
const rest = ({ changes }: SchemaDiff): string[] =>
  changes.flatMap(({ change, kind, identity }) =>
    change === "renamed" ? [] : [`${change} ${kind} ${identity}`],
  );
const sql = ({ migration }: SchemaDiff): string[] => migration!.statements.map((statement) => statement.sql);

const FIRST =
  "create table orders (id serial primary key, total int not null, note text); create view big as select id, total from orders;";

test("a later migration's renames are certain, through chains and moves, and keep everything that refers to them", async () => {
  const later = `
    alter table orders rename column total to amount;
    alter table orders rename to purchases;
    create schema shop;
    alter table purchases set schema shop;
    alter table shop.purchases rename column amount to "Amount due";
    alter view big rename to large;`;
  const diff = await bench.diff([FIRST], [FIRST, later]);
  expect(renames(diff)).toEqual([
    "column public.orders.total > public.orders.amount",
    "table public.orders > public.purchases",
    "table public.purchases > shop.purchases",
    'column shop.purchases.amount > shop.purchases."Amount due"',
    "view public.big > public.large",
  ]);
  expect(rest(diff)).toEqual([]);
  expect(sql(diff)).toEqual([
    "alter table public.orders rename column total to amount",
    "alter table public.orders rename to purchases",
    "create schema shop;\nalter table public.purchases set schema shop",
    'alter table shop.purchases rename column amount to "Amount due"',
    "alter view public.big rename to large",
  ]);
});

test("types, enum values, schemas, functions and attributes", async () => {
  const base = `create schema app; create type app.state as enum ('new', 'done'); create domain app.code as text;
    create type app.pair as (a int, b int); create function app.f(x int) returns int language sql as 'select x';
    create table app.t (s app.state default 'new', c app.code);`;
  const later = `alter type app.state rename value 'done' to 'finished'; alter type app.state rename to phase;
    alter domain app.code rename to short_code; alter type app.pair rename attribute a to first;
    alter function app.f(int) rename to g; alter schema app rename to core;`;
  const diff = await bench.diff([base], [base, later]);
  expect(rest(diff)).toEqual([]);
  expect(sql(diff)).toEqual([
    "alter type app.state rename value 'done' to 'finished'",
    "alter type app.state rename to phase",
    "alter domain app.code rename to short_code",
    "alter type app.pair rename attribute a to first",
    "alter function app.f(integer) rename to g",
    "alter schema app rename to core",
  ]);
});

test("what was renamed and is gone by now, or was renamed long ago, is no rename", async () => {
  const later = "alter table orders rename column note to remark; alter table orders drop column remark;";
  const diff = await bench.diff([FIRST], [FIRST, later]);
  expect(renames(diff)).toEqual([]);
  expect(rest(diff)).toEqual(["removed column public.orders.note"]);
  const both = await bench.diff([FIRST, later], [FIRST, later, "alter table orders add column note text;"]);
  expect(rest(both)).toEqual(["added column public.orders.note"]);
});

const SECOND = FIRST.replace("orders", "purchases")
  .replace("from orders", "from purchases")
  .replaceAll("total", "amount");

test("without a word of it, it is a removal, an addition and a question", async () => {
  const diff = await bench.diff(FIRST, SECOND);
  expect(renames(diff)).toEqual([]);
  expect(rest(diff)).toEqual(
    expect.arrayContaining(["removed table public.orders", "added table public.purchases"]),
  );
  const column = await bench.diff(FIRST, FIRST.replaceAll("total", "amount"));
  expect(column.notes.slice(0, 1)).toMatchObject([
    {
      kind: "possible rename",
      message: expect.stringContaining(
        "`-- solitude-gen: renamed public.orders.total to public.orders.amount`",
      ),
    },
  ]);
  // The question stands before the statement that deletes.
  expect(column.migration!.statements.find(({ destroys }) => destroys !== null)).toMatchObject({
    sql: "alter table public.orders drop column total",
    note: expect.stringContaining("was public.orders.total renamed"),
  });
});

test("a comment says it; constraints, indexes and sequences that then differ by name alone are renamed too", async () => {
  const said = `-- solitude-gen: renamed table orders to purchases\n-- solitude-gen: renamed purchases.total to amount\n`;
  const diff = await bench.diff(FIRST, said + SECOND);
  expect(renames(diff)).toEqual([
    "table public.orders > public.purchases",
    "column public.purchases.total > public.purchases.amount",
    "sequence public.orders_id_seq > public.purchases_id_seq",
    "constraint public.purchases.orders_pkey > public.purchases.purchases_pkey",
  ]);
  expect(diff.migration!.statements.filter(({ destroys }) => destroys !== null)).toEqual([]);
  expect(sql(diff).filter((one) => !/ rename /.test(one))).toEqual([
    "drop view public.big",
    expect.stringMatching(/^create view public.big as/),
  ]);
});
