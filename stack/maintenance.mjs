import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createPool } from "@solitude/runtime";
import pg from "pg";
import { keepSeals } from "./seals.mjs";

/** The tasks, and where the tables are on many nodes (stack/distributed) what triggers of one node cannot do. */
const DUE = `select task, format('select run_maintenance(%L) as result', task) as statement
  from maintenance_due
  where finished_at is null or finished_at + every <= now()
  union all
  select 'sweep_across_nodes', 'select sweep_across_nodes() as result'
  where to_regprocedure('sweep_across_nodes()') is not null`;

/**
 * Does what is due of the maintenance, each task in a transaction of its own; maintain.sh does the same where there is Docker.
 * Safe to run at any time, and twice at once.
 *
 * @param {string} url as solitude_maintenance
 * @returns {Promise<{ done: [task: string, result: string | null][], failed: [task: string, error: Error][] }>}
 */
export async function maintain(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const done = [];
  const failed = [];
  try {
    const { rows } = await client.query(DUE);
    for (const { task, statement } of rows) {
      try {
        const { rows: given } = await client.query(statement);
        done.push([task, given[0].result]);
      } catch (error) {
        failed.push([task, error]);
      }
    }
  } finally {
    await client.end();
  }
  return { done, failed };
}

/** Signs what the maintenance has sealed. */
async function sign(url, { key, folder }) {
  const pool = createPool({ connectionString: url, max: 2 });
  try {
    await keepSeals(pool, createPrivateKey(readFileSync(key)), folder);
    return [];
  } catch (error) {
    return [["seals", error]];
  } finally {
    await pool.close();
  }
}

const EVERY_MS = 60_000;

/**
 * Maintains a stack every minute, until it is stopped: does what is due, and signs the seals of the audit trail.
 *
 * @param {string} url as solitude_maintenance
 * @param {{ key: string, folder: string }} seals the file of the key that signs them, and where they are kept
 * @param {(text: string) => void} say is told what failed, once for each kind of failure
 */
export function keepMaintained(url, seals, say) {
  const told = new Set();
  let running = Promise.resolve();
  const once = () => {
    running = running
      .then(() => maintain(url))
      .then(async ({ failed }) => [...failed, ...(await sign(url, seals))])
      .then(
        (failed) => {
          for (const [task, error] of failed) tell(`maintenance: ${task}: ${error.message}`);
        },
        (error) => tell(`maintenance: ${error.message}`),
      );
  };
  const tell = (text) => {
    if (!told.has(text)) say(text);
    told.add(text);
  };
  once();
  const timer = setInterval(once, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
