import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { SessionSettingError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

// What is done in a scope leaves no setting on the connection, for the next statement may be outside of it, or in another one.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 1, acquireTimeout: 60_000 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});
/** Whatever became of the one connection. */
const settings = async () =>
  (
    await run(pool, "select coalesce(current_setting('app.tenant', true), ''), current_setting('work_mem')")
  )[0];

type Written = readonly [text: string, values?: readonly unknown[]];

const LASTING: readonly Written[] = [
  ["set app.tenant = 'other'"],
  ["set app.tenant to 'other'"],
  ["SET SESSION app.tenant = 'other'"],
  ["/* set local */ set app.tenant = 'other'"],
  ["-- a comment\nset work_mem = '1234kB'"],
  ["select set_config('app.tenant', 'other', false)"],
  ["select pg_catalog.set_config('app.tenant', 'other', false)"],
  ["select \"set_config\"('app.tenant', 'other', false)"],
  ["select SET_CONFIG ( 'app.tenant' , 'a, (b' , 'f' )"],
  ["select set_config($1, $2, $3)", ["app.tenant", "other", false]],
  ["select set_config($1, $2, $3::bool)", ["app.tenant", "other", "f"]],
  ["select set_config('app.tenant', 'x', true), set_config('app.tenant', 'other', false)"],
  ["select set_config('app.tenant', 'other', true and false)"],
  ["select set_config('app.tenant', coalesce(null, 'other'), 1 = 2)"],
  ["select set_config('app.tenant', $$it's, true)$$, false)"],
  ["with made as (select set_config('app.tenant', 'other', false)) select * from made"],
  ["select 1 where set_config('app.tenant', 'other', /* true */ false) <> ''"],
  ["update pg_settings set setting = '1234' where name = 'work_mem'"],
  ["update only pg_catalog.pg_settings set setting = '1234' where name = 'work_mem'"],
  ["do $$ begin perform set_config('app.tenant', 'other', false); end $$"],
];

const PASSING: readonly Written[] = [
  ["set local app.tenant = 'other'"],
  ["SET  LOCAL app.tenant TO 'other'"],
  ["set transaction read only"],
  ["set constraints all deferred"],
  ["select set_config('app.tenant', 'other', true)"],
  ["select set_config('app.tenant', 'a, (b', TRUE )"],
  ["select set_config('app.tenant', 'other', 'true')"],
  ["select set_config('app.tenant', 'other', true::boolean)"],
  ["select set_config($1, $2, $3)", ["app.tenant", "other", true]],
  ["select set_config($1, $2, $3::boolean)", ["app.tenant", "other", "on"]],
  [
    "select set_config('app.tenant', concat('x', ')', \"a,b\"), /* false */ true) from (values ('c')) v (\"a,b\")",
  ],
  ["do $$ begin perform set_config('app.tenant', 'other', true); end $$"],
  ["select name from pg_settings where name = 'work_mem'"],
  ["select 'set app.tenant'"],
  ["reset app.tenant"],
];

/** What PostgreSQL makes of it in a transaction of its own. */
async function lasts([text, values = []]: Written): Promise<boolean> {
  const client = await database.pool.connect();
  const shown = async () =>
    (
      await client.query({
        text: "select coalesce(current_setting('app.tenant', true), ''), current_setting('work_mem')",
        rowMode: "array",
      })
    ).rows[0];
  try {
    await client.query("select set_config('app.tenant', '', false)");
    const before = await shown();
    await client.query("begin");
    await client.query(text, [...values]);
    await client.query("commit");
    return JSON.stringify(await shown()) !== JSON.stringify(before);
  } finally {
    client.release(true);
  }
}

describe.each([
  ["what lasts", LASTING, true],
  ["what ends with the transaction", PASSING, false],
] as const)("%s", (_, all, isLasting) => {
  test.each(all)("%s", async (text, values = []) => {
    expect(await lasts([text, values])).toBe(isLasting);
    const before = await settings();
    const scope = pool.scope({ "app.tenant": "7" });
    const ways: (() => Promise<unknown>)[] = [
      () => run(scope, text, [...values]),
      () => scope.transaction((tx) => run(tx, text, [...values])),
      () => scope.transaction((tx) => tx.last.query(statement(text, [...values]))),
      () => scope.transaction((tx) => tx.transaction((savepoint) => run(savepoint, text, [...values]))),
      async () => {
        for await (const _ of scope.stream(statement(text, [...values])));
      },
      ...[true, false].map((atomic) => async () => {
        const [first] = await scope.batch([statement(text, [...values]), statement("select 1")], { atomic });
        if (first?.status === "rejected") throw first.reason;
      }),
    ];
    for (const way of ways) {
      const error = await way().catch((e: unknown) => e);
      if (isLasting) expect(error).toBeInstanceOf(SessionSettingError);
      else expect(error).not.toBeInstanceOf(SessionSettingError);
      expect(await settings()).toEqual(before);
    }
  });
});

test("a COPY in a scope is held to the same, and outside of one all may be set", async () => {
  const copy = async () => {
    const text = "copy (select set_config('app.tenant', 'other', false)) to stdout";
    for await (const _ of pool.scope({ "app.tenant": "7" }).copyTo(text));
  };
  await expect(copy()).rejects.toThrow(SessionSettingError);
  await using session = await pool.connect();
  await session.execute("set app.tenant = 'other'");
  expect((await session.execute("show app.tenant")).rows).toEqual([["other"]]);
  await session.execute("reset app.tenant");
});
