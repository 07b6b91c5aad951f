import { randomBytes } from "node:crypto";
import pg from "pg";
import { sharedServer } from "../servers/shared-server.ts";

/** A database of its own for a suite, on the one server that the jest run shares. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** For connections as this role. */
  urlAs(role: string): string;
  /** Connections as this role. */
  poolAs(role: string): pg.Pool;
  drop(): Promise<void>;
}

/** The servers that tests run on, by major version, with the variable that names one that is there already. */
const GIVEN = { 16: "SOLITUDE_TEST_POSTGRES", 12: "SOLITUDE_TEST_POSTGRES_12" } as const;
export type Version = keyof typeof GIVEN;

/**
 * @param template a database that it begins as a copy of
 * @throws when there is no such server; a test that cannot run must not pass
 */
export async function createDatabase(version: Version = 16, template = "template0"): Promise<TestDatabase> {
  const server = await serverUrl(version);
  const name = `solitude_test_${randomBytes(6).toString("hex")}`;
  await once(server, async (admin) => {
    await admin.query(`create database ${name} template ${template} encoding 'UTF8'`);
    if (template === "template0") return;
    // Who may do what with a database is not copied with what is in it.
    await admin.query(
      "update pg_database set datacl = (select datacl from pg_database where datname = $2) where datname = $1",
      [name, template],
    );
  });
  const url = new URL(server);
  url.pathname = name;
  const pools: pg.Pool[] = [];
  const open = (config: pg.PoolConfig): pg.Pool => {
    const pool = new pg.Pool({ connectionString: url.href, max: 5, ...config });
    pool.on("error", () => {}); // A connection that the drop ends.
    pools.push(pool);
    return pool;
  };
  return {
    url: url.href,
    pool: open({}),
    urlAs(role) {
      const as = new URL(url);
      as.searchParams.set("options", `-c role=${role}`);
      return as.href;
    },
    poolAs: (role) => open({ options: `-c role=${role}` }),
    async drop() {
      await Promise.all(pools.map((pool) => pool.end()));
      await once(server, (admin) => dropDatabase(admin, name));
    },
  };
}

/** Sessions end when they come to it, which on a busy machine is later than the five seconds that the server waits for them. */
async function dropDatabase(admin: pg.Client, name: string, attempts = 20): Promise<void> {
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
  try {
    await admin.query(`drop database ${name}`);
  } catch (error) {
    const isInUse = (error as pg.DatabaseError).code === "55006";
    if (!isInUse || attempts === 1) throw error;
    await dropDatabase(admin, name, attempts - 1);
  }
}

/** Runs `work` while no other suite does the same on this server; for what is shared by its databases, such as roles. */
export async function exclusively<T>(version: Version, work: () => Promise<T>): Promise<T> {
  return once(await serverUrl(version), async (admin) => {
    await admin.query("select pg_advisory_lock(20261)");
    return work();
  });
}

async function once<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Makes a database that others begin as copies of, once for all suites of the run.
 * @returns its name; null on a server that is not the run's own, where it would stay
 */
export async function templateDatabase(
  version: Version,
  name: string,
  fill: (pool: pg.Pool) => Promise<void>,
): Promise<string | null> {
  if (process.env[GIVEN[version]] !== undefined) return null;
  const server = await serverUrl(version);
  await once(server, async (admin) => {
    await admin.query("select pg_advisory_lock(20262)");
    const { rowCount } = await admin.query("select from pg_database where datname = $1", [name]);
    if (rowCount !== 0) return;
    const made = `${name}_being_made`;
    await admin.query(`drop database if exists ${made}`);
    await admin.query(`create database ${made} template template0 encoding 'UTF8'`);
    const url = new URL(server);
    url.pathname = made;
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    try {
      await fill(pool);
    } finally {
      await pool.end();
    }
    await admin.query(`alter database ${made} rename to ${name}`);
  });
  return name;
}

async function serverUrl(version: Version): Promise<string> {
  const given = process.env[GIVEN[version]];
  if (given !== undefined) return given;
  const server = {
    name: `postgres-${version}`,
    module: new URL("ways.mjs", import.meta.url),
    argument: String(version),
    patience: 240_000,
  };
  return sharedServer(server).catch((error: Error) => {
    throw new Error(`no PostgreSQL ${version}: ${GIVEN[version]} is not set;\n${error.message}`);
  });
}
