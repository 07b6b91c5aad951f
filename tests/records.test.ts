import { createPool, type Pool } from "@solitude/runtime";
import postgres from "postgres";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import fc from "./properties.ts";

// JSON that is read as rows: what arrives in the table is what was given, whatever the type.

const SCHEMA = `
create type mood as enum ('sad', 'it''s "ok"');
create type pair as (a int, b text);
create domain document as jsonb check (jsonb_typeof(value) = 'object');
create table things (
  id int primary key, t text not null, n numeric, i bigint, f double precision, day date, at timestamptz, bytes bytea, doc document not null,
  raw json, moods mood[], tags text[] not null, pair pair, pairs pair[], span int4range, ok boolean not null
);
`;
const COLUMNS =
  "id int, t text, n numeric, i bigint, f double precision, day date, at timestamptz, bytes bytea, doc document, raw json, moods mood[], tags text[], pair pair, pairs pair[], span int4range, ok boolean";
const NAMES = COLUMNS.replaceAll(/(\w+) [^,]+/g, "$1");
const QUERIES = `
-- name: AddThings :exec
insert into things (${NAMES}) select ${NAMES} from json_to_recordset(@things::json) as r (${COLUMNS});

-- name: AddThingsB :exec
insert into things select s.* from jsonb_populate_recordset(null::things, @things) s;

-- name: AddThing :exec
insert into things (${NAMES}) select ${NAMES} from json_to_record(@thing::json) as r (${COLUMNS});

-- name: GetThings :many
select ${NAMES} from things order by id;

-- name: Numbered :many
select r.id, r.n from rows from (json_to_recordset(@numbers::json) as (id int)) with ordinality as r (id, n) order by r.n;

-- name: Kept :one
select @data::json as data, (select count(*) from json_to_recordset(@data::json) as r (id int)) as rows;
`;

interface Thing {
  readonly id: number;
  readonly t: string;
  readonly doc: object;
  readonly [column: string]: unknown;
}
interface Module {
  addThings(client: unknown, args: { things: readonly Thing[] }): Promise<void>;
  addThingsB(client: unknown, args: { things: readonly Thing[] }): Promise<void>;
  addThing(client: unknown, args: { thing: Thing }): Promise<void>;
  getThings(client: unknown): Promise<Thing[]>;
  numbered(
    client: unknown,
    args: { numbers: readonly { id: number }[] },
  ): Promise<{ id: number; n: string }[]>;
  kept(client: unknown, args: { data: unknown }): Promise<{ data: unknown; rows: string }>;
}

let database: TestDatabase;
let pool: Pool;
let sql: postgres.Sql;
const generated: { readonly module: Module; remove(): void }[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  for (const driver of ["@solitude/runtime", "pg", "postgres"])
    generated.push(await generateCode<Module>(SCHEMA, QUERIES, { driver }));
  pool = createPool({ connectionString: database.url, max: 1 });
  sql = postgres(database.url, { max: 1 });
});
afterAll(async () => {
  for (const { remove } of generated) remove();
  await pool?.close();
  await sql?.end();
  await database?.drop();
});

const clientOf = (driver: number): unknown => [pool, database.pool, sql][driver];

const text = fc.oneof(
  fc.constantFrom(
    "",
    "null",
    "NULL",
    "{}",
    '"',
    "\\",
    "\\\\u0000",
    "'; drop table things; --",
    "$1",
    "\u2028\ud83d\ude00\x01",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }).filter((t) => !t.includes("\0")),
);
const json = fc.jsonValue({ maxDepth: 2 }).filter((v) => !JSON.stringify(v).includes("\\u0000"));
const or = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const pair = fc.record({ a: or(fc.integer()), b: or(text) });
const thing = fc.record({
  t: text,
  n: or(fc.constantFrom("0.10", "-12345678901234567890.12345678901234567890", "NaN", "0")),
  i: or(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  f: or(fc.double()),
  day: or(fc.constantFrom("2024-02-29", "infinity", "-infinity", "0044-03-15 BC")),
  at: or(fc.constantFrom("2026-11-28T00:37:15.153977+00:00", "infinity")),
  bytes: or(fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes))),
  doc: fc.dictionary(text, json, { maxKeys: 3, noNullPrototype: true }),
  raw: or(json.filter((value) => value !== null)),
  moods: or(fc.array(or(fc.constantFrom("sad", 'it\'s "ok"')), { maxLength: 3 })),
  tags: fc.array(or(text), { maxLength: 3 }),
  pair: or(pair),
  pairs: or(fc.array(or(pair), { maxLength: 2 })),
  span: or(fc.constant({ lower: 1, upper: 9, lowerInclusive: true, upperInclusive: false })),
  ok: fc.boolean(),
});

test.each([0, 1, 2])("every value arrives as it was given (driver %i)", async (driver) => {
  const { module } = generated[driver]!;
  const client = clientOf(driver);
  await fc.assert(
    fc.asyncProperty(
      fc.array(thing, { maxLength: 4 }),
      fc.constantFrom("addThings", "addThingsB", "addThing"),
      async (rows, by) => {
        await database.pool.query("truncate things");
        const things = rows.map((row, id) => ({ id, ...row }));
        if (by === "addThing") for (const one of things) await module.addThing(client, { thing: one });
        else await module[by](client, { things });
        // A row of NULLs alone is NULL to PostgreSQL's array of composites too.
        expect(await module.getThings(client)).toEqual(things);
      },
    ),
    { numRuns: 60 },
  );
});

test("more rows than a statement has parameters, in their order", async () => {
  const { module } = generated[0]!;
  const numbers = Array.from({ length: 70_000 }, (_, i) => ({ id: (i * 7919) % 70_001 }));
  const rows = await module.numbered(pool, { numbers });
  expect(rows.length).toBe(numbers.length);
  expect(rows.every(({ id, n }, i) => id === numbers[i]!.id && Number(n) === i + 1)).toBe(true);
});

test("what JSON cannot say is refused before it is sent, by row and name", async () => {
  const { module } = generated[0]!;
  const good = { id: 1, t: "", doc: {}, tags: [], ok: true };
  const adding = (wrong: object) => module.addThings(pool, { things: [good, { ...good, ...wrong }] });
  await expect(adding({ t: "a\0" })).rejects.toThrow(
    'row 1: "t" holds a character that PostgreSQL\'s texts cannot',
  );
  await expect(adding({ tags: ["\ud800"] })).rejects.toThrow('row 1: "tags" holds a character');
  await expect(adding({ t: undefined })).rejects.toThrow('row 1: "t" is undefined');
  await expect(adding({ ok: null })).rejects.toThrow('row 1: "ok" is null');
  await expect(adding({ doc: null })).rejects.toThrow(
    'row 1: "doc" is JSON\'s null, which would be NULL here',
  );
  await expect(adding({ raw: { toJSON: () => null } })).rejects.toThrow('row 1: "raw" is JSON\'s null');
  await expect(adding({ raw: { a: Number.NaN } })).rejects.toThrow("a JSON value cannot hold NaN, at $.a");
  await expect(module.addThing(pool, { thing: { ...good, t: "\0" } })).rejects.toThrow(/^"t" holds/);
  expect(await module.getThings(pool).then((rows) => rows.some(({ id }) => id === 1))).toBe(false);
});

test("what is no array of objects is refused, and not sent as no rows, or as rows of NULLs", async () => {
  const { module } = generated[1]!;
  const numbers = (given: unknown) => module.numbered(database.pool, { numbers: given as { id: number }[] });
  for (const wrong of [{ id: 1 }, { length: 2 }, "ab", 5, true, new Set([{ id: 1 }])])
    await expect(numbers(wrong)).rejects.toThrow(new TypeError(`not an array of rows: ${typeof wrong}`));
  for (const [wrong, kind] of [
    [null, "null"],
    [undefined, "undefined"],
    ["a", "string"],
    [5, "number"],
    [[1], "array"],
  ])
    await expect(numbers([{ id: 1 }, wrong])).rejects.toThrow(new TypeError(`row 1: not an object: ${kind}`));
  await expect(numbers(new Array(1))).rejects.toThrow(new TypeError("row 0: not an object: undefined"));
  await expect(module.addThing(database.pool, { thing: [] as never })).rejects.toThrow(
    new TypeError("not an object: array"),
  );
  expect(await numbers([])).toEqual([]);
});

test("JSON that is not only read as rows stays JSON", async () => {
  const { module } = generated[1]!;
  const data = [{ id: 1, more: null }, {}];
  expect(await module.kept(database.pool, { data })).toEqual({ data, rows: "2" });
});
