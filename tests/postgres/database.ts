import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

const HERE = dirname(fileURLToPath(import.meta.url));

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
 * @throws when there is no such server; a test that cannot run must not pass
 */
export async function createDatabase(version: Version = 16): Promise<TestDatabase> {
  const server = await serverUrl(version);
  const name = `solitude_test_${randomBytes(6).toString("hex")}`;
  await once(server, (admin) => admin.query(`create database ${name} template template0 encoding 'UTF8'`));
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
      await once(server, async (admin) => {
        await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
          name,
        ]);
        await admin.query(`drop database ${name}`);
      });
    },
  };
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

async function serverUrl(version: Version): Promise<string> {
  const given = process.env[GIVEN[version]];
  if (given !== undefined) return given;
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined)
    throw new Error("jest ran without its global setup (tests/postgres/global-setup.mjs)");
  const folder = join(run, `postgres-${version}`);
  if (claim(folder)) {
    const supervisor = [
      join(HERE, "supervisor.mjs"),
      String(version),
      folder,
      process.env.SOLITUDE_TEST_JEST ?? "",
    ];
    spawn(process.execPath, supervisor, { detached: true, stdio: "ignore" }).unref();
  }
  const answer = join(folder, "server.json");
  for (let waited = 0; !existsSync(answer); waited += 50) {
    if (waited > 60_000) throw new Error(`PostgreSQL ${version} did not start within a minute`);
    await setTimeout(50);
  }
  const server = JSON.parse(readFileSync(answer, "utf8")) as { url: string } | { problem: string };
  if ("url" in server) return server.url;
  throw new Error(`no PostgreSQL ${version}: ${GIVEN[version]} is not set;\n${server.problem}`);
}

/** Whether this suite is the first to want that server. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
