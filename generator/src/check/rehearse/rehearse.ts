import type { Client } from "pg";
import { applySchema } from "../../analysis/apply-schema.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { SchemaFile } from "../../model/source.ts";
import { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import { isLostConnection, ServerEngine } from "../../postgres/server.ts";
import { tryQueries } from "../verify/cross.ts";
import { blockedFor, type Sent } from "./blocked.ts";
import { generateRows } from "./data.ts";
import { type Call, callsOf, UNDO } from "./load.ts";
import { LockWatch } from "./locks.ts";
import { migrate } from "./migrate.ts";
import type { Script, ScriptStatement } from "./migration.ts";
import type { Execution, LeftOut, QueryOutcome, RanStatement, Rehearsal } from "./model.ts";
import { type SenderRole, sendersOf } from "./senders.ts";
import { changesServer, isOfAnother } from "./server-wide.ts";

export interface RehearseOptions {
  /** A server that may have a database more; nothing else of it is touched. */
  readonly uri: string;
  /** Whether the whole server is made for the rehearsal. */
  readonly isOwn: boolean;
  /** How many rows each table is given. */
  readonly rows: number;
  /** Queries a second, all together. */
  readonly rate: number;
  /** Milliseconds that the queries run before the migration, and after it. */
  readonly around: number;
  /** Milliseconds after which the migration is cancelled. */
  readonly limit: number;
  /** Who sends the queries; null where nobody says. */
  readonly role: string | null;
  /** What is known of that one, and of those that queries name. */
  readonly roles: readonly SenderRole[];
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

/** Connections of the application. */
const CONNECTIONS = 12;

/** Milliseconds that a connection may take. */
const PATIENCE = 10_000;

/**
 * Runs a migration on a copy of the schema with generated rows, while the deployed queries are sent at a steady rate. Whatever ends it, an
 * interruption too, the database is dropped beneath all that works on it.
 */
export async function rehearse(
  files: readonly SchemaFile[],
  queries: readonly Query[],
  scripts: readonly Script[],
  options: RehearseOptions,
): Promise<Rehearsal> {
  const { signal } = options;
  signal.throwIfAborted();
  const engine = await ServerEngine.start(options.uri, HINT);
  let lost: Error | null = null;
  const end = (): void => void engine.close().catch(() => {});
  signal.addEventListener("abort", end);
  try {
    signal.throwIfAborted();
    return await rehearseOn(engine, files, queries, scripts, options, (error) => {
      lost ??= error;
      end();
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DiagnosticError) throw error;
    throw lost !== null || isLostConnection(error) ? lostConnection(lost ?? (error as Error)) : error;
  } finally {
    signal.removeEventListener("abort", end);
    await engine.close();
  }
}

/** @param onLost told where the server ends a session, which nobody waits for otherwise */
async function rehearseOn(
  engine: ServerEngine,
  files: readonly SchemaFile[],
  queries: readonly Query[],
  scripts: readonly Script[],
  { onProgress, signal, ...options }: RehearseOptions,
  onLost: (error: Error) => void,
): Promise<Rehearsal> {
  const sessions = new Sessions(engine.ownUri!, onLost);
  try {
    onProgress("applying the deployed schema");
    const problems = await engine.withSchema(files, applySchema);
    const wrong = problems.filter(({ severity }) => severity === "error");
    if (wrong.length > 0) throw new DiagnosticError(wrong);
    const reader = new CatalogReader(engine);
    await reader.prefetch();
    const { outcomes, ...facts } = await tryQueries(engine, reader, [queries]);
    onProgress("generating rows");
    const {
      counts: rows,
      fewer,
      next,
    } = await generateRows(engine, facts, options.rows, (table, of) =>
      onProgress(`generating rows: ${table} (${of})`),
    );
    const migrating = await sessions.open();
    await migrating.query(engine.ownLimits);
    const watching = await sessions.open();
    const loading: Client[] = [];
    for (let i = 0; i < CONNECTIONS; i++) loading.push(await sessions.open());
    // What is known of a query here is of one text; a client has all of them.
    const known = queries.flatMap((query, i) => {
      const outcome = outcomes[0]?.[i];
      return outcome && "query" in outcome ? [{ ...outcome.query, sql: query.sql }] : [];
    });
    const senders = await sendersOf(engine, migrating, options.role, options.roles, options.isOwn);
    const { calls, untried, asOwner } = await callsOf(loading[0]!, engine, facts, known, next, senders);
    for (const client of loading) await client.query(`set statement_timeout = ${options.limit}`);

    const { mine, leftOut } = withinDatabase(scripts, engine, options.isOwn);

    const start = performance.now();
    const now = (): number => performance.now() - start;
    const pid = await pidOf(migrating);
    const watch = new LockWatch(watching, pid, now);
    const load = new Load(loading, await Promise.all(loading.map(pidOf)), calls, options.rate, now);
    onProgress("the queries run");
    let ran: { statements: RanStatement[]; began: number; ended: number };
    try {
      load.start();
      await pause(options.around, signal);
      watch.start();
      onProgress("the migration runs");
      const began = now();
      const overdue = (): void => sessions.expectEndOf(migrating);
      const statements = await migrate(migrating, mine, now, {
        limit: options.limit,
        engine,
        isOwn: options.isOwn,
        pid,
        overdue,
        leaves: (one) => void leftOut.push(one),
        begins: () => watch.statementBegins(),
        look: () => watch.look(),
      });
      ran = { statements, began, ended: now() };
      await pause(options.around, signal);
    } finally {
      load.halt();
      watch.halt();
    }
    const { began } = ran;
    const locks = await watch.locks();
    const sent = await load.sent();
    const executions = sent.map(({ pid: of, sent: at, ...one }) => ({
      ...one,
      ...blockedFor({ ...one, pid: of, sent: at }, watch.waits, began, watch.looks),
    }));
    return {
      server: (await engine.run("show server_version"))[0]?.server_version as string,
      rows,
      fewer,
      rate: options.rate,
      ...ran,
      leftOut,
      duration: now(),
      locks,
      queries: outcomesOf(calls, executions, began),
      untried,
      role: senders.role,
      asOwner,
      executions,
    };
  } finally {
    await sessions.end();
  }
}

const HINT = `Leave --database-url out for a PostgreSQL that is started here, or give a role that may create databases and have ${CONNECTIONS + 4} connections.`;

/** The sessions in the database, any of which the server may end at any time. */
class Sessions {
  readonly #uri: string;
  readonly #onLost: (error: Error) => void;
  readonly #clients: Client[] = [];
  readonly #ending = new Set<Client>();

  constructor(uri: string, onLost: (error: Error) => void) {
    this.#uri = uri;
    this.#onLost = onLost;
  }

  async open(): Promise<Client> {
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: this.#uri,
      application_name: "solitude-gen rehearse",
      connectionTimeoutMillis: PATIENCE,
    });
    client.on("error", (error) => {
      if (!this.#ending.has(client)) this.#onLost(error);
    });
    this.#clients.push(client);
    try {
      await client.connect();
      await client.query("set default_transaction_read_only = off");
    } catch (error) {
      throw lostConnection(error as Error);
    }
    return client;
  }

  /** Has the end of one be no surprise, however it comes. */
  expectEndOf(client: Client): void {
    this.#ending.add(client);
  }

  async end(): Promise<void> {
    for (const client of this.#clients) this.expectEndOf(client);
    await Promise.all(this.#clients.map((client) => client.end().catch(() => {})));
  }
}

function lostConnection({ message }: Error): DiagnosticError {
  return new DiagnosticError([
    {
      code: "database-unreachable",
      severity: "error",
      message: `the server gives no connection, or has ended one: ${message}`,
      hint: HINT,
    },
  ]);
}

/** Leaves out of scripts what would change another server, or this one where that is somebody's. */
function withinDatabase(
  scripts: readonly Script[],
  engine: ServerEngine,
  isOwn: boolean,
): { readonly mine: readonly Script[]; readonly leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const reasonAgainst = (parsed: RawTree): string | null => {
    if (isOfAnother(parsed)) return "it works on another server";
    if (isOwn || !changesServer(parsed, (role) => engine.wasThere(role))) return null;
    return "it changes the whole server, which has other users";
  };
  const isMine = ({ sql, parsed }: ScriptStatement): boolean => {
    const why = parsed === null ? null : reasonAgainst(parsed);
    if (why !== null) leftOut.push({ sql, why });
    return why === null;
  };
  const mine = scripts.map((script) => ({ ...script, statements: script.statements.filter(isMine) }));
  return { mine, leftOut };
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

  /** Sends no more. */
  halt(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Waits for those that are under way; those that have found no connection until now have waited as well. */
  async sent(): Promise<readonly Sent[]> {
    this.halt();
    const now = this.#now();
    const left = this.#waiting.splice(0).map(({ due, turn }): Sent => {
      const { name } = this.#calls[turn % this.#calls.length]!;
      return { query: name, from: due, to: now, error: null, pid: 0, sent: now };
    });
    await Promise.all(this.#underWay);
    return [...this.#sent, ...left];
  }

  #send(): void {
    while (this.#timer !== null && this.#waiting.length > 0 && this.#free.length > 0) {
      const { due, turn } = this.#waiting.shift()!;
      const connection = this.#free.pop()!;
      const work: Promise<void> = this.#one(connection, due, turn).finally(() => {
        this.#underWay.delete(work);
        this.#free.push(connection);
        this.#send();
      });
      this.#underWay.add(work);
      // Who loses its session is told of by that.
      work.catch(() => {});
    }
  }

  async #one({ client, pid }: { client: Client; pid: number }, due: number, turn: number): Promise<void> {
    const call = this.#calls[turn % this.#calls.length]!;
    const { text, values } = call.statements[Math.floor(turn / this.#calls.length) % call.statements.length]!;
    const sent = this.#now();
    const error = await client
      .query(call.begin)
      .then(() => client.query(text, [...values]))
      .then(
        () => null,
        (failure: Error) => failure.message,
      );
    const to = this.#now();
    await client.query(UNDO);
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
