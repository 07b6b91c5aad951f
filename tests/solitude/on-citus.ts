import { readFileSync } from "node:fs";
import pg from "pg";
import { planDistribution } from "../../stack/distributed/plan.mjs";
import { applySolitudeSchema } from "../postgres/solitude-schema.ts";
import { loadTestcontainers } from "../servers/docker.mjs";

/**
 * What to try it on: the image of one, which is large and needs Docker (`SOLITUDE_CITUS=citusdata/citus:13.0`), or the URL of an empty
 * database of a server that has it, with the nodes that it knows. Those that have other names from here have them in
 * SOLITUDE_CITUS_NODES: `{"worker-1:5432": "127.0.0.1:5435"}`.
 */
const from = process.env.SOLITUDE_CITUS;
const namesFromHere = JSON.parse(process.env.SOLITUDE_CITUS_NODES ?? "{}") as Record<string, string>;

export const isCitusThere = from !== undefined;

/** A Citus with Solitude's tables, distributed. */
export interface Citus {
  readonly url: string;
  readonly pool: pg.Pool;
  /** A login that is a member of this role alone, and may hold one connection. */
  as(role: string): pg.Pool;
  /** Runs it where a tenant's shard is, as a worker of that node does. */
  onShardOf<R>(workspace: string, run: (client: pg.Client) => Promise<R>): Promise<R>;
  stop(): Promise<unknown>;
}

async function startServer(): Promise<{ readonly url: string; stop(): Promise<unknown> }> {
  if (/^postgres(?:ql)?:/.test(from!)) return { url: from!, stop: async () => {} };
  const docker = await loadTestcontainers();
  const container = await new docker.GenericContainer(from!)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: "trust" })
    .withExposedPorts(5432)
    .withWaitStrategy(docker.Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const url = `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  return { url, stop: () => container.stop() };
}

const loginOf = (role: string): string => `test_of_nodes_${role}`;

export async function startCitus(): Promise<Citus> {
  const server = await startServer();
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  await pool.query("create extension if not exists citus");
  // Where it has workers they get the shards; where it has none, it has them itself.
  await pool.query(
    `select citus_set_coordinator_host('localhost', own), citus_set_node_property('localhost', own, 'shouldhaveshards', true)
     from (select current_setting('port')::int as own) p
     where not exists (select from pg_dist_node where groupid <> 0)`,
  );
  await applySolitudeSchema(pool);
  for (const statement of (await planDistribution(pool)).statements) await pool.query(statement);
  await pool.query(
    "do $$ begin execute format('alter database %I set citus.propagate_set_commands = local', current_database()); end $$",
  );
  const logins = new Map<string, pg.Pool>();
  for (const role of ["solitude_app", "solitude_worker"]) {
    await pool.query(`drop role if exists ${loginOf(role)}`);
    await pool.query(`create role ${loginOf(role)} login in role ${role}`);
    const url = new URL(server.url);
    url.username = loginOf(role);
    logins.set(role, new pg.Pool({ connectionString: url.href, max: 1 }));
  }
  return {
    url: server.url,
    pool,
    as(role) {
      const login = logins.get(role);
      if (!login) throw new Error(`${role} has no login`);
      return login;
    },
    async onShardOf(workspace, run) {
      const {
        rows: [place],
      } = await pool.query(
        `select n.groupid as node, format('%s:%s', n.nodename, n.nodeport) as host, s.shardid as id
         from pg_dist_shard s
         join pg_dist_placement p using (shardid)
         join pg_dist_node n using (groupid)
         where s.shardid = get_shard_id_for_distribution_column('workspaces', $1::uuid)`,
        [workspace],
      );
      const url = new URL(server.url);
      if (place.node !== 0) url.host = namesFromHere[place.host] ?? place.host;
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        await client.query(
          readFileSync(new URL("../../stack/distributed/shards-as-schemas.sql", import.meta.url), "utf8"),
        );
        await client.query("set role solitude_worker");
        await client.query(
          `set search_path = shard_${place.id}, public; set citus.enable_manual_changes_to_shards = on`,
        );
        return await run(client);
      } finally {
        await client.end();
      }
    },
    async stop() {
      for (const login of logins.values()) await login.end();
      for (const role of logins.keys()) await pool.query(`drop role ${loginOf(role)}`);
      await pool.end();
      await server.stop();
    },
  };
}

/** How many shards the parts of a plan of Citus' go to. */
export function tasksOf(plan: unknown): readonly number[] {
  if (Array.isArray(plan)) return plan.flatMap(tasksOf);
  if (typeof plan !== "object" || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === "Task Count" ? [Number(value)] : tasksOf(value),
  );
}
