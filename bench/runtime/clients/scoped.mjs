import pg from "pg";
import { WORKSPACE } from "../workload.mjs";
import { GET } from "./sql.mjs";

const SETTINGS = { "app.workspace_id": WORKSPACE };

/** Ways to a row: without a policy, and for a tenant that one holds apart. Each makes what reads one by its id. */
const WAYS = {
  "Solitude, no scope, no policy": (at) => at.onPool({ connectionString: at.url }, at.get),
  /** What no pool of many tenants can do: the setting is the session's. */
  "Solitude, no scope, the policy": (at) =>
    at.onPool(
      {
        connectionString: at.guarded,
        onConnect: (session) => session.execute(`set app.workspace_id = '${WORKSPACE}'`),
      },
      at.get,
    ),
  // What the tenant's id comes to is a scope of its own for each call, as for each request of a service.
  "Solitude, in a scope": (at) =>
    at.onPool({ connectionString: at.guarded }, async (pool, id) => at.get(pool.scope(SETTINGS), id)),
  "Solitude, in a scope by `set local`": (at) =>
    at.onPool({ connectionString: at.guarded, scopeBy: "set local" }, async (pool, id) =>
      at.get(pool.scope(SETTINGS), id),
    ),
  "Solitude, a transaction in a scope": (at) =>
    at.onPool({ connectionString: at.guarded }, (pool, id) =>
      pool.scope(SETTINGS).transaction((tx) => at.get(tx, id)),
    ),
  "pg: begin; set local; select; commit"(at) {
    const pool = new pg.Pool({ connectionString: at.guarded, max: 4 });
    return {
      async scope(id) {
        const client = await pool.connect();
        try {
          await client.query("begin");
          await client.query(`set local app.workspace_id = '${WORKSPACE}'`);
          const { rows } = await client.query({ name: "get", text: GET, values: [id] });
          await client.query("commit");
          return rows[0] ?? null;
        } finally {
          client.release();
        }
      },
      close: () => pool.end(),
    };
  },
};

export const SCOPED = Object.keys(WAYS);

/** @param url of a superuser, whom no policy holds apart; `guarded` is that of a role which one does */
export async function open(url, { name, guarded, modules, ids }) {
  const get = (on, id) => modules.generated.getAgent(on, { id });
  const onPool = (options, read) => {
    const pool = modules.runtime.createPool({ ...options, max: 4 });
    return { scope: (id) => read(pool, id), close: () => pool.close(), pool };
  };
  const { pool, ...client } = WAYS[name]({ url, guarded, get, onPool });
  if ((await client.scope(ids[0])) === null) throw new Error(`${name} sees no row`);
  if (name === "Solitude, in a scope" && (await get(pool, ids[0])) !== null)
    throw new Error("outside of a scope a row is seen");
  return { name, ...client };
}
