import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import { APPEND, agentValues, COPY, CREATE, copyLine, GET, LIST, logValues, RENAME } from "./sql.mjs";

/** Hand-written `pg`. With `prepared`, what all others are measured against. */
export async function open(url, { prepared }) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const named = (name, text, values) => (prepared ? { name, text, values } : { text, values });
  return {
    name: prepared ? "pg, prepared" : "pg",
    one: async (id) => (await pool.query(named("get", GET, [id]))).rows[0],
    many: async (n) => (await pool.query(named("list", LIST, [n]))).rows,
    insert: async (a) => (await pool.query(named("create", CREATE, agentValues(a)))).rows[0],
    /** One by one: it has no batch. */
    async batch(ids, name) {
      const client = await pool.connect();
      for (const id of ids) await client.query(named("rename", RENAME, [id, name]));
      client.release();
    },
    async transaction(id, name, log) {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query(named("get", GET, [id]));
        await client.query(named("rename", RENAME, [id, name]));
        await client.query(named("append", APPEND, logValues(log)));
        await client.query("commit");
      } finally {
        client.release();
      }
    },
    async copy(logs) {
      const client = await pool.connect();
      function* lines() {
        for (const log of logs) yield copyLine(log);
      }
      await pipeline(Readable.from(lines()), client.query(copyStreams.from(COPY)));
      client.release();
    },
    close: () => pool.end(),
  };
}
