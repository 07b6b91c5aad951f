import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { ParameterError } from "../../src/errors/errors.ts";
import { askingPassword } from "../../src/postgres/connect-failure.ts";
import { createListener } from "../../src/postgres/listener.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { statement } from "./statement.ts";

// Whatever text a user hands in: U+0000 ends it for the server, which takes what follows for something else, and a lone surrogate would be
// sent as U+FFFD. Neither is sent.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

const ODD = ["x\0user\0postgres", "x\ud800"];
/** In front of a statement, in its middle, wherever it may stand. */
const inText = ODD.map((odd) => `/* ${odd} */`);

describe.each(["host", "database", "user", "password", "applicationName", "options"] as const)(
  "%s",
  (name) => {
    test.each(ODD)("of a pool, a replica and a listener is refused with %j, and not repeated", (odd) => {
      const message = new RegExp(`^${name} has (the character U\\+0000|a lone surrogate)[^/]*$`);
      expect(() => createPool({ [name]: odd })).toThrow(message);
      expect(() => createPool({ replicas: [{ [name]: odd }] })).toThrow(message);
      expect(() => createListener({ [name]: odd })).toThrow(message);
    });
  },
);

test("a host among several, and what a URL has encoded, are refused likewise", () => {
  for (const host of ODD)
    expect(() => createPool({ hosts: [{ host: "a" }, { host }] })).toThrow(/^hosts has/);
  for (const url of [
    "postgres://u:p@h/d%00user%00postgres",
    "postgres://u%00:p@h/d",
    "postgres://u:p%00@h/d",
    "postgres://u:p@h/d?application_name=a%00",
    "postgres://u:p@h/d?options=-c%00",
  ])
    expect(() => createPool({ connectionString: url })).toThrow(/has the character U\+0000/);
});

test.each(ODD)("a password that is asked for is not sent with %j", async (odd) => {
  const ask = askingPassword(() => odd) as () => Promise<string>;
  await expect(ask()).rejects.toThrow(/^the password has /);
});

async function readAll(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

const copy = (part: Partial<CopyConfig<number>>): CopyConfig<number> => ({
  schema: "public",
  table: "t",
  columns: ["n"],
  rows: [1],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
  ...part,
});

test.each([
  ["query", (odd: string) => pool.query(statement(`select 1 ${odd}`))],
  ["execute", (odd: string) => pool.execute(`select 1 ${odd}`)],
  ["stream", (odd: string) => readAll(pool.stream(statement(`select 1 ${odd}`)))],
  ["copyTo", (odd: string) => readAll(pool.copyTo(`copy (select 1 ${odd}) to stdout`))],
  [
    "a scope's copyTo",
    (odd: string) => readAll(pool.scope({ "a.b": "c" }).copyTo(`copy (select 1 ${odd}) to stdout`)),
  ],
  ["copyRows", (odd: string) => pool.copyRows(copy({ table: odd }))],
  ["a scope's copyRows", (odd: string) => pool.scope({ "a.b": "c" }).copyRows(copy({ columns: [odd] }))],
  [
    "an atomic batch",
    (odd: string) =>
      pool.batch([statement(`select 1 ${odd}`)], { atomic: true }).then(([one]) => {
        throw (one as PromiseRejectedResult).reason;
      }),
  ],
])("%s sends no such statement, and gives its connection back", async (_, call) => {
  for (const odd of inText) await expect(call(odd)).rejects.toBeInstanceOf(ParameterError);
  expect((await pool.query(statement("select 1"))).rows).toEqual([["1"]]);
});

test("a listener hears of no channel of another name", async () => {
  await using listener = createListener({ connectionString: database.url });
  await expect(listener.listen("a\ud800", () => {})).rejects.toThrow(RangeError);
});
