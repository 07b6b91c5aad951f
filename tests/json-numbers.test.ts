import { createPool, type Pool } from "@solitude/runtime";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

/** A JSON document that is read and written back by generated code is the same to PostgreSQL, or there is an error. */

const SCHEMA = "create table documents (id int primary key, d jsonb not null, j json not null, n jsonb);";
const QUERIES = `
-- name: GetDocument :one
select d, j from documents where id = $1;
-- name: PutDocument :exec
update documents set d = $2, j = $3 where id = $1;
-- name: GetNullable :one
select n from documents where id = $1;
-- name: PutNullable :exec
update documents set n = $2 where id = $1;
-- name: GetComputed :one
select jsonb_build_object('id', id, 'inner', d) as computed from documents where id = $1;
`;
interface Document {
  d: unknown;
  j: unknown;
}
interface Generated {
  getDocument(client: Pool, args: { id: number }): Promise<Document>;
  putDocument(client: Pool, args: { id: number } & Document): Promise<unknown>;
  getNullable(client: Pool, args: { id: number }): Promise<{ n: unknown }>;
  putNullable(client: Pool, args: { id: number; n: unknown }): Promise<unknown>;
  getComputed(client: Pool, args: { id: number }): Promise<{ computed: { inner: unknown } }>;
  JsonNumber: new (text: string) => { text: string };
}
type Code = Awaited<ReturnType<typeof generateCode<Generated>>>;

let database: TestDatabase;
let pool: Pool;
let strict: Code;
let exact: Code;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  pool = createPool({ connectionString: database.url });
  strict = await generateCode<Generated>(SCHEMA, QUERIES, {});
  exact = await generateCode<Generated>(SCHEMA, QUERIES, { json_numbers: "exact" });
});
afterAll(async () => {
  strict?.remove();
  exact?.remove();
  await pool?.close();
  await database?.drop();
});

const store = async (text: string): Promise<void> => {
  await database.pool.query(
    "insert into documents values (1, $1::text::jsonb, $1::text::json) on conflict (id) do update set d = $1::text::jsonb, j = $1::text::json",
    [text],
  );
};
const stored = async (): Promise<unknown> =>
  (await database.pool.query("select d::text, j::jsonb::text as j from documents")).rows[0];

const BEYOND = [
  '{"order": 9007199254740993}',
  '{"big": 12345678901234567890, "say": "\\"#\\", 1"}',
  "[0.12345678901234567890]",
  '{"max": 1e400}',
  "-1e-400",
];
const WITHIN = [
  '{"price": 0.30000000000000004, "n": [1e22, 9007199254740992, -7, null, "1e400"]}',
  "17",
  "null",
];

test.each(WITHIN)("%s comes back as it was", async (text) => {
  for (const { module } of [strict, exact]) {
    await store(text);
    const before = await stored();
    await module.putDocument(pool, { id: 1, ...(await module.getDocument(pool, { id: 1 })) });
    expect(await stored()).toEqual(before);
  }
});

test.each(BEYOND)("%s is an error that names query and column", async (text) => {
  await store(text);
  await expect(strict.module.getDocument(pool, { id: 1 })).rejects.toMatchObject({
    name: "DecodeError",
    query: "GetDocument",
    column: "d",
    message: expect.stringContaining("holds a number that JavaScript's cannot hold exactly"),
  });
  for (const { module } of [strict, exact])
    await expect(module.getComputed(pool, { id: 1 })).rejects.toMatchObject({ column: "computed" });
});

test.each(BEYOND)("%s comes back as it was where the option says so", async (text) => {
  await store(text);
  const before = await stored();
  await exact.module.putDocument(pool, { id: 1, ...(await exact.module.getDocument(pool, { id: 1 })) });
  expect(await stored()).toEqual(before);
});

test.each([
  [{ items: [{ price: Number.NaN }] }, "$.items[0].price"],
  [{ at: new Date(0) }, "$.at"],
  [[undefined], "$[0]"],
])("what would be changed is refused before it is sent", async (d, path) => {
  await store("1");
  const before = await stored();
  await expect(async () => strict.module.putDocument(pool, { id: 1, d, j: 1 })).rejects.toThrow(`at ${path}`);
  expect(await stored()).toEqual(before);
});

test("null of a column that may be NULL is written as NULL, whichever of both was read", async () => {
  await store("1");
  const isNull = async (): Promise<unknown> =>
    (await database.pool.query("select n is null as sql, n = 'null' as json from documents")).rows[0];
  await database.pool.query("update documents set n = 'null'");
  expect(await isNull()).toEqual({ sql: false, json: true });
  const read = await strict.module.getNullable(pool, { id: 1 });
  expect(read).toEqual({ n: null });
  await strict.module.putNullable(pool, { id: 1, ...read });
  expect(await isNull()).toEqual({ sql: true, json: null });
});
