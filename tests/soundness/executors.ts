import type { Duplex } from "node:stream";
import pg, { type ClientBase } from "pg";
import { PGliteSocket } from "../../runtime/src/adapters/pglite-socket.ts";
import { createDatabase } from "../postgres/database.ts";
import { openEmbedded } from "../postgres/embedded.ts";
import type { World } from "./subject.ts";

/** What generated functions, and we, ask of a connection. */
export type Client = Pick<ClientBase, "query">;

/** A server with one schema for each filling. */
export interface Executor {
  readonly name: string;
  /** The connection that all of it runs on. */
  readonly client: Client;
  readonly fillings: readonly string[];
  /** The rows that a statement delivers on each filling, by position; nothing where it fails there. All is rolled back. */
  rows(sql: string): AsyncIterable<{ filling: string; rows: unknown[][] }>;
  /** Tells whether it can be prepared on the first filling, with parameters of these types; null is any. */
  prepares(sql: string, types: readonly (string | null)[]): Promise<boolean>;
  /** Does the work in a transaction on a filling, which is rolled back. */
  within<T>(filling: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Connection {
  /** Whether `statement_timeout` works. */
  readonly interruptible: boolean;
  readonly client: Client;
  run(sql: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

/** Materialized views are filled after their tables. */
const REFRESH = `do $$ declare v regclass; begin
  for v in select oid from pg_class where relkind = 'm' and relnamespace = current_schema::regnamespace order by oid loop
    execute format('refresh materialized view %s', v);
  end loop; end $$`;
const asIs = (text: string): string => text;
const TEXT_ARRAY = 1009;
const texts = (text: string): unknown =>
  (pg.types.getTypeParser(TEXT_ARRAY as never) as (text: string) => unknown)(text);
/** `json`, `jsonb` and their arrays. As JavaScript's null, JSON's would be taken for SQL's. */
const JSON_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  114: asIs,
  3802: asIs,
  199: texts,
  3807: texts,
};
const JSON_AS_TEXT = {
  getTypeParser: (oid: number): ((text: string) => unknown) =>
    JSON_PARSERS[oid] ?? pg.types.getTypeParser(oid),
};

/** PostgreSQL 16, which applications run on, and the embedded 18, whose syntax the other lacks. */
export async function openExecutors(world: World): Promise<Executor[]> {
  return [await open("PostgreSQL 16", await server(), world), await open("PGlite", await embedded(), world)];
}

async function open(name: string, connection: Connection, world: World): Promise<Executor> {
  const fillings = Object.keys(world.fillings);
  for (const [filling, data] of Object.entries(world.fillings)) {
    await connection.run(
      `create schema ${filling}; set search_path = ${filling}; ${world.schema}${data}; ${world.late ?? ""}; ${REFRESH}`,
    );
  }
  const begin = (filling: string): string =>
    `begin; set local search_path = ${filling}; set local statement_timeout = '300ms'; ${world.before ?? ""}`;
  const roles = ["", ...(world.role === undefined ? [] : [`set local role ${world.role}; `])];
  return {
    name,
    client: connection.client,
    fillings,
    async *rows(sql) {
      // Nothing interrupts the embedded one, and a recursion may have no end.
      if (!connection.interruptible && /\brecursive\b/.test(sql)) return;
      try {
        for (const filling of fillings) {
          for (const role of roles) {
            // One message ends what the last one left, too: thousands of queries are tried on every filling.
            const rows = await connection.run(`rollback; ${begin(filling)}; ${role}${sql}`).catch(() => null);
            // Refused by this version, or by the data (a division by zero, a cast).
            if (rows !== null) yield { filling, rows };
          }
        }
      } finally {
        await connection.run("rollback");
      }
    },
    async prepares(sql, types) {
      const wanted = types.map((type) => type ?? "unknown");
      try {
        await connection.run(
          `rollback; ${begin(fillings[0]!)}; prepare tried${wanted.length === 0 ? "" : ` (${wanted.join(", ")})`} as ${sql}`,
        );
        await connection.run("deallocate tried");
        return true;
      } catch {
        return false;
      } finally {
        await connection.run("rollback");
      }
    },
    async within(filling, work) {
      await connection.run(begin(filling));
      try {
        return await work();
      } finally {
        await connection.run("rollback");
      }
    },
    close: () => connection.close(),
  };
}

async function server(): Promise<Connection> {
  const database = await createDatabase();
  const client = await database.pool.connect();
  return {
    interruptible: true,
    client,
    async run(sql) {
      const result: unknown = await client.query({ text: sql, rowMode: "array", types: JSON_AS_TEXT });
      const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: unknown[][] };
      return last.rows;
    },
    async close() {
      client.release();
      await database.drop();
    },
  };
}

async function embedded(): Promise<Connection> {
  const engine = await openEmbedded();
  const client = new pg.Client({ stream: () => new PGliteSocket(engine) as unknown as Duplex });
  await client.connect();
  return {
    interruptible: false,
    client,
    async run(sql) {
      const results = await engine.exec(sql, {
        rowMode: "array",
        parsers: JSON_PARSERS,
      });
      return (results.at(-1)?.rows ?? []) as unknown as unknown[][];
    },
    async close() {
      await client.end();
      await engine.close();
    },
  };
}
