import type { Client } from "pg";
import { applySchema } from "../../analysis/apply-schema.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { SchemaFile } from "../../model/source.ts";
import { CatalogReader } from "../../postgres/catalog-reader.ts";
import { ServerEngine } from "../../postgres/server.ts";
import { tryQueries } from "../verify/cross.ts";
import { blockedFor, type Sent } from "./blocked.ts";
import { generateRows } from "./data.ts";
import { type Call, callsOf } from "./load.ts";
import { LockWatch } from "./locks.ts";
import type { Script } from "./migration.ts";
import type { Execution, QueryOutcome, RanStatement, Rehearsal } from "./model.ts";

export interface RehearseOptions {
  /** A server that may have a database more; nothing else of it is touched. */
  readonly uri: string;
  /** How many rows each table is given. */
  readonly rows: number;
  /** Queries a second, all together. */
  readonly rate: number;
  /** Milliseconds that the queries run before the migration, and after it. */
  readonly around: number;
  /** Milliseconds after which the migration is cancelled. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

/** Connections of the application. */
const CONNECTIONS = 12;

/** Runs a migration on a copy of the schema with generated rows, while the deployed queries are sent at a steady rate. */
export async function rehearse(
  files: readonly SchemaFile[],
  queries: readonly Query[],
  scripts: readonly Script[],
  options: RehearseOptions,
): Promise<Rehearsal> {
  const { onProgress, signal } = options;
  const engine = await ServerEngine.start(options.uri);
  const clients: Client[] = [];
  try {
    onProgress("applying the deployed schema");
    const problems = await engine.withSchema(files, applySchema);
    const wrong = problems.filter(({ severity }) => severity === "error");
    if (wrong.length > 0) throw new DiagnosticError(wrong);
    const reader = new CatalogReader(engine);
    await reader.prefetch();
    const { outcomes, ...facts } = await tryQueries(engine, reader, [queries]);
    onProgress("generating rows");
    const { counts: rows, next } = await generateRows(engine, facts, options.rows);
    signal.throwIfAborted();
    const uri = await uriOf(engine, options.uri);
    const open = async (): Promise<Client> => {
      const client = await connect(uri);
      clients.push(client);
      return client;
    };
    const migrating = await open();
    const watching = await open();
    const loading: Client[] = [];
    for (let i = 0; i < CONNECTIONS; i++) loading.push(await open());
    // What is known of a query here is of one text; a client has all of them.
    const known = queries.flatMap((query, i) => {
      const outcome = outcomes[0]?.[i];
      return outcome && "query" in outcome ? [{ ...outcome.query, sql: query.sql }] : [];
    });
    const { calls, untried } = await callsOf(loading[0]!, engine, facts, known, next);
    signal.throwIfAborted();

    const start = performance.now();
    const now = (): number => performance.now() - start;
    const pid = await pidOf(migrating);
    const watch = new LockWatch(watching, pid, now);
    const load = new Load(loading, await Promise.all(loading.map(pidOf)), calls, options.rate, now);
    onProgress("the queries run");
    load.start();
    await pause(options.around, signal);
    watch.start();
    onProgress("the migration runs");
    const began = now();
    const statements = await migrate(migrating, scripts, now, { ...options, engine, pid });
    const ended = now();
    await pause(options.around, signal);
    const locks = await watch.stop();
    const sent = await load.stop();
    const executions = sent.map(({ pid: of, sent: at, ...one }) => ({
      ...one,
      ...blockedFor({ ...one, pid: of, sent: at }, watch.waits, began),
    }));
    return {
      server: (await engine.run("show server_version"))[0]?.server_version as string,
      rows,
      rate: options.rate,
      began,
      ended,
      duration: now(),
      statements,
      locks,
      queries: outcomesOf(calls, executions, began),
      untried,
      executions,
    };
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    await engine.close();
  }
}

async function uriOf(engine: ServerEngine, server: string): Promise<string> {
  const [row] = await engine.run("select current_database()::text as name");
  const url = new URL(server);
  url.pathname = `/${String(row?.name)}`;
  return url.href;
}

async function connect(uri: string): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: uri, application_name: "solitude-gen rehearse" });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function pidOf(client: Client): Promise<number> {
  return Number((await client.query("select pg_backend_pid() as pid")).rows[0].pid);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", end, { once: true });
  });
}

interface Migrating {
  readonly engine: ServerEngine;
  readonly pid: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Runs the scripts, and ends at the first statement that is refused or takes too long. */
async function migrate(
  client: Client,
  scripts: readonly Script[],
  now: () => number,
  { engine, pid, limit, signal }: Migrating,
): Promise<RanStatement[]> {
  const ran: RanStatement[] = [];
  const cancel = (): void => void engine.run(`select pg_cancel_backend(${pid})`).catch(() => {});
  const timer = setTimeout(cancel, limit);
  signal.addEventListener("abort", cancel);
  const run = async (sql: string): Promise<boolean> => {
    const from = now();
    const error = await client.query(sql).then(
      () => null,
      (failure: Error) => failure.message,
    );
    ran.push({ sql, from, to: now(), error });
    return error === null;
  };
  try {
    for (const { inTransaction, statements } of scripts) {
      if (inTransaction) await client.query("begin");
      for (const sql of statements)
        if (!(await run(sql))) {
          await client.query("rollback");
          signal.throwIfAborted();
          return ran;
        }
      if (inTransaction) await run("commit");
    }
    // What a script leaves open ends with its session.
    await client.query("rollback");
    return ran;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  }
}

/** Sends calls at a steady rate, over several connections; where none is free, a call waits, as in a pool. */
class Load {
  readonly #free: { readonly client: Client; readonly pid: number }[];
  readonly #calls: readonly Call[];
  readonly #rate: number;
  readonly #now: () => number;
  readonly #sent: Sent[] = [];
  readonly #waiting: { readonly due: number; readonly turn: number }[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;

  constructor(
    clients: readonly Client[],
    pids: readonly number[],
    calls: readonly Call[],
    rate: number,
    now: () => number,
  ) {
    this.#free = clients.map((client, i) => ({ client, pid: pids[i]! }));
    this.#calls = calls;
    this.#rate = rate;
    this.#now = now;
  }

  start(): void {
    const began = this.#now();
    this.#timer = setInterval(() => {
      if (this.#calls.length === 0) return;
      for (; this.#turn < ((this.#now() - began) / 1000) * this.#rate; this.#turn++)
        this.#waiting.push({ due: began + (this.#turn * 1000) / this.#rate, turn: this.#turn });
      this.#send();
    }, 2);
  }

  /** Waits for those that are under way. */
  async stop(): Promise<readonly Sent[]> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#waiting.length = 0;
    await Promise.all(this.#underWay);
    return this.#sent;
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#free.length > 0) {
      const { due, turn } = this.#waiting.shift()!;
      const connection = this.#free.pop()!;
      const work: Promise<void> = this.#one(connection, due, turn).finally(() => {
        this.#underWay.delete(work);
        this.#free.push(connection);
        this.#send();
      });
      this.#underWay.add(work);
    }
  }

  async #one({ client, pid }: { client: Client; pid: number }, due: number, turn: number): Promise<void> {
    const call = this.#calls[turn % this.#calls.length]!;
    const { text, values } = call.statements[Math.floor(turn / this.#calls.length) % call.statements.length]!;
    const sent = this.#now();
    await client.query("begin");
    const error = await client.query(text, [...values]).then(
      () => null,
      (failure: Error) => failure.message,
    );
    const to = this.#now();
    // What it wrote is undone: the rows stay as they are.
    await client.query("rollback");
    this.#sent.push({ query: call.name, from: due, to, error, pid, sent });
  }
}

function outcomesOf(calls: readonly Call[], executions: readonly Execution[], began: number): QueryOutcome[] {
  return calls.map(({ name }) => {
    const own = executions.filter(({ query }) => query === name);
    const before = own.filter(({ to }) => to < began).map(({ from, to }) => to - from);
    const usual = before.sort((a, b) => a - b)[Math.floor(before.length / 2)] ?? 0;
    const blocked = own.filter((one) => one.blocked > 0);
    const failed = own.filter(({ error }) => error !== null);
    return {
      name,
      runs: own.length,
      usual,
      longest: Math.max(0, ...own.map(({ from, to }) => to - from)),
      blockedRuns: blocked.length,
      withoutConnection: blocked.filter(({ waitedFor }) => waitedFor === "connection").length,
      blockedLongest: Math.max(0, ...blocked.map((one) => one.blocked)),
      blockedTotal: blocked.reduce((sum, one) => sum + one.blocked, 0),
      failed: failed.length,
      error: failed[0]?.error ?? null,
    };
  });
}
