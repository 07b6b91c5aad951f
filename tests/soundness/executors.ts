import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { createDatabase } from "../postgres/database.ts";
import type { World } from "./subject.ts";

/** A server with one schema for each filling. */
export interface Executor {
  readonly name: string;
  /** The rows that a statement delivers on each filling, by position; nothing where it fails there. All is rolled back. */
  rows(sql: string): AsyncIterable<{ filling: string; rows: unknown[][] }>;
  close(): Promise<void>;
}

interface Connection {
  /** Whether `statement_timeout` works. */
  readonly interruptible: boolean;
  run(sql: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

/** Materialized views are filled after their tables. */
const REFRESH = `do $$ declare v regclass; begin
  for v in select oid from pg_class where relkind = 'm' and relnamespace = current_schema::regnamespace loop
    execute format('refresh materialized view %s', v);
  end loop; end $$`;
const JSON_OID = 114;
const JSONB_OID = 3802;
const asIs = (text: string): string => text;
/** As JavaScript's null, JSON's would be taken for SQL's. */
const JSON_AS_TEXT = {
  getTypeParser: (oid: number): ((text: string) => unknown) =>
    oid === JSON_OID || oid === JSONB_OID ? asIs : pg.types.getTypeParser(oid),
};

/** PostgreSQL 16, which applications run on, and the embedded 18, whose syntax the other lacks. */
export async function openExecutors(world: World): Promise<Executor[]> {
  return [await open("PostgreSQL 16", await server(), world), await open("PGlite", await embedded(), world)];
}

async function open(name: string, connection: Connection, world: World): Promise<Executor> {
  const fillings = Object.entries(world.fillings);
  for (const [filling, data] of fillings) {
    await connection.run(
      `create schema ${filling}; set search_path = ${filling}; ${world.schema}${data}; ${REFRESH}`,
    );
  }
  return {
    name,
    async *rows(sql) {
      // Nothing interrupts the embedded one, and a recursion may have no end.
      if (!connection.interruptible && /\brecursive\b/.test(sql)) return;
      for (const [filling] of fillings) {
        try {
          yield {
            filling,
            rows: await connection.run(
              `begin; set local search_path = ${filling}; set local statement_timeout = '300ms'; ${sql}`,
            ),
          };
        } catch {
          // Refused by this version, or by the data (a division by zero, a cast).
        } finally {
          await connection.run("rollback");
        }
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
  const engine = await PGlite.create();
  return {
    interruptible: false,
    async run(sql) {
      const results = await engine.exec(sql, {
        rowMode: "array",
        parsers: { [JSON_OID]: asIs, [JSONB_OID]: asIs },
      });
      return (results.at(-1)?.rows ?? []) as unknown as unknown[][];
    },
    close: () => engine.close(),
  };
}
