import { createHash } from "node:crypto";
import type { TestDatabase } from "../../postgres/database.ts";
import { createSolitudeDatabase } from "../../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "../world.ts";

// A world for each test of what the comments of queries/ and schema/ promise.

export type Row = Record<string, unknown>;
export const queries = analysedQueries();
export let database: TestDatabase;
export let world: World;
export let call: Call;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  call = caller(queries, database.pool, () => world);
});
beforeEach(enterAnotherWorld);
afterAll(() => database?.drop());

/** Makes a workspace with its people, and has the queries' arguments be about it. */
export async function enterAnotherWorld(): Promise<void> {
  world = await makeWorld(database.pool);
}

export const sql = async (text: string, ...values: unknown[]): Promise<Row[]> =>
  (await database.pool.query(text, values)).rows;
export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
export const one = async (name: string, given?: Row): Promise<Row> => {
  const rows = await call(name, given);
  expect([name, rows.length]).toEqual([name, 1]);
  return rows[0]!;
};
/** Of each row that a query gives, one column. */
export const column = async (of: string, name: string, given?: Row): Promise<unknown[]> =>
  (await call(name, given)).map((row) => row[of]);
/** How many rows a query without any changed. */
export const changed = async (name: string, given?: Row): Promise<number> =>
  Number((await one(name, given)).rowCount);
export const refused = (name: string, given?: Row): Promise<unknown> =>
  call(name, given).then(
    () => null,
    (error) => error.constraint ?? error.code,
  );
export const address = (name: string): string => `${name}.${world.tag}@example.com`;
export const rowOf = async (table: string, id: unknown, key = "id"): Promise<Row> =>
  (await sql(`select * from ${table} where ${key} = $1`, id))[0]!;
export const sorted = (values: unknown[]): unknown[] => [...values].sort();
