import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";
import { startGuardProcess } from "./guard-process.ts";
import type { MadeRoles } from "./shared-catalogs.ts";

/** What drops the databases of a process that was killed: the end of its input, which it has from there, says so. */
const GUARD = `
const { Client } = require(process.argv[1]);
const kept = new Map();
let rest = "";
const drop = async (name, { uri, roles }) => {
  for (let turn = 0; turn < 40; turn++) {
    const client = new Client({ connectionString: uri, connectionTimeoutMillis: 10000 });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("set statement_timeout = 0");
      await client.query("drop database if exists " + name + " with (force)");
      for (const sql of roles) await client.query(sql).catch(() => {});
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    } finally {
      await client.end().catch(() => {});
    }
  }
};
process.stdin.on("data", (text) => {
  rest += text;
  for (let at = rest.indexOf("\\n"); at >= 0; at = rest.indexOf("\\n")) {
    const { name, ...what } = JSON.parse(rest.slice(0, at));
    rest = rest.slice(at + 1);
    if (what.uri === undefined) kept.delete(name);
    else kept.set(name, what);
  }
});
process.stdin.on("error", () => {});
process.stdin.on("close", () => Promise.all([...kept].map(([name, what]) => drop(name, what))));
`;

let guard: ChildProcess | null = null;
const guarded = new Set<string>();

/**
 * Has a process that outlives this one drop a database, should this one be killed.
 * @param roles made for it so far
 */
export function watchOver(name: string, uri: string, roles: MadeRoles): void {
  guard ??= startGuard();
  guarded.add(name);
  const drops = [...roles].map(([oid, role]) => dropping(oid, role));
  guard.stdin!.write(`${JSON.stringify({ name, uri, roles: drops })}\n`);
}

/** Gives SQL that drops a role, but none that has been made under its name since. */
function dropping(oid: string, role: string): string {
  const drop = quoteLiteral(`drop role ${quoteIdentifier(role)}`);
  const isThere = `exists (select from pg_catalog.pg_roles where oid = ${oid} and rolname = ${quoteLiteral(role)})`;
  return `do ${quoteLiteral(`begin if ${isThere} then execute ${drop}; end if; end`)}`;
}

/** Says that a database is gone. */
export function watchNoMore(name: string): void {
  if (!guarded.delete(name) || guard === null) return;
  guard.stdin!.write(`${JSON.stringify({ name })}\n`);
  if (guarded.size > 0) return;
  guard.stdin!.end();
  guard = null;
}

function startGuard(): ChildProcess {
  return startGuardProcess(GUARD, createRequire(import.meta.url).resolve("pg"));
}
