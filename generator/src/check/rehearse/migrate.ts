import type { Client } from "pg";
import type { Row } from "../../postgres/engine.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { ServerEngine } from "../../postgres/server.ts";
import { ReachesServer } from "../../postgres/shared-catalogs.ts";
import { transactionParts } from "../../sql/transaction-parts.ts";
import { runsOutside } from "../migrations/observe.ts";
import type { Script, ScriptStatement } from "./migration.ts";
import type { LeftOut, RanStatement } from "./model.ts";
import { sendRows } from "./send-rows.ts";

export interface Migrating {
  readonly engine: ServerEngine;
  /** Whether the whole server is made for the rehearsal. */
  readonly isOwn: boolean;
  readonly pid: number;
  readonly limit: number;
  /** Told when the time is over. */
  readonly overdue: () => void;
  /** Told before a statement is sent. */
  readonly begins: () => void;
  /** Told of a statement that was left out. */
  readonly leaves: (one: LeftOut) => void;
  /** Told while a transaction holds the locks of all its statements. */
  readonly look: () => Promise<void>;
}

/** Milliseconds that a cancelled statement may take to end; then its session is ended, since a block can catch the cancellation. */
const GRACE = 5000;

/** Runs the scripts, and ends at the first statement that is refused or takes too long. */
export async function migrate(
  client: Client,
  scripts: readonly Script[],
  now: () => number,
  { engine, isOwn, pid, limit, overdue, begins, leaves, look }: Migrating,
): Promise<RanStatement[]> {
  const ran: RanStatement[] = [];
  const tooLong = `it was cancelled: all of the migration may take ${limit / 1000} s (--limit)`;
  let isOverdue = false;
  const stop = (how: "cancel" | "terminate"): void => {
    isOverdue = true;
    void engine.run(`select pg_${how}_backend(${pid})`).catch(() => {});
  };
  const asked = isOwn ? null : (): Promise<Refusal | null> => reachOf(client, engine);
  const timers = [
    setTimeout(() => {
      overdue();
      stop("cancel");
    }, limit),
    setTimeout(() => stop("terminate"), limit + GRACE),
  ];
  let code: string | undefined;
  const run = async (file: string, statement: ScriptStatement): Promise<boolean> => {
    begins();
    const from = now();
    const sent: Sent = isOverdue
      ? { refused: tooLong, seen: "all" }
      : statement.rows === undefined
        ? await send(client, statement, look, asked)
        : await sendCopy(client, statement.sql, statement.rows, look);
    const { refused, seen } = sent;
    code = sent.code;
    if (sent.meets !== undefined) leaves({ sql: statement.sql, why: sent.meets });
    const error = refused !== null && isOverdue ? tooLong : refused;
    const { file: place = file, start = null, end = null } = statement.span ?? {};
    ran.push({ sql: statement.sql, file: place, at: start, end, from, to: now(), error, locksSeen: seen });
    if (error !== null) return false;
    return true;
  };
  try {
    const pending = [...scripts];
    for (let script = pending.shift(); script !== undefined; script = pending.shift()) {
      const { file, inTransaction, isGuess, statements } = script;
      const before = ran.length;
      if (inTransaction) await client.query("begin");
      let isRefused = false;
      for (const statement of statements) {
        if (await run(file, statement)) continue;
        isRefused = true;
        break;
      }
      if (isRefused) {
        await client.query("rollback").catch((error: unknown) => {
          if (!isOverdue) throw error;
        });
        if (!inTransaction || !isGuess || code !== TRANSACTION_ENDED_WITHIN) return ran;
        // It ends its transaction itself: nothing of it has been done.
        ran.length = before;
        pending.unshift({ ...script, inTransaction: false });
        continue;
      }
      if (inTransaction && !(await run(file, { sql: "commit", span: null, parsed: null }))) {
        await client.query("rollback").catch(() => {});
        return ran;
      }
    }
    // What a script leaves open ends with its session.
    await client.query("rollback");
    return ran;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

const isIdle = (client: Client): boolean => client.getTransactionStatus() === "I";

interface Sent {
  /** What PostgreSQL says against it. */
  readonly refused: string | null;
  readonly seen: RanStatement["locksSeen"];
  readonly code?: string | undefined;
  /** Why what it does was not seen, though it is no fault of it. */
  readonly meets?: string;
}

const ACTIVE_TRANSACTION = "25001";
const TRANSACTION_ENDED_WITHIN = "2D000";

const COMMITS_ITSELF =
  "it commits by itself, and might reach other databases of the server; without --database-url it can be rehearsed";

/** Asks what the open transaction has changed of a server that has other users. */
async function reachOf(client: Client, engine: ServerEngine): Promise<Refusal | null> {
  try {
    await engine.checkOther(async (sql) => {
      const all = (await client.query(sql)) as unknown as { rows: Row[] } | { rows: Row[] }[];
      return (Array.isArray(all) ? all : [all]).findLast(({ rows }) => rows.length > 0)?.rows ?? [];
    });
    return null;
  } catch (error) {
    if (error instanceof ReachesServer) return { message: error.message };
    throw error;
  }
}

/** Copies rows in. That there are others in their place, which were generated, or none that they refer to, says nothing against them. */
async function sendCopy(client: Client, sql: string, rows: string, look: () => Promise<void>): Promise<Sent> {
  const isAlone = isIdle(client);
  await client.query(isAlone ? "begin" : "savepoint solitude_copy");
  const error = await sendRows(client, sql, rows).then(
    () => null,
    (refused: Refusal) => refused,
  );
  if (error === null) {
    await look();
    const atEnd = await refusal(client, isAlone ? "commit" : "release solitude_copy");
    return { refused: atEnd && inWords(atEnd), seen: "all" };
  }
  await client.query(isAlone ? "rollback" : "rollback to solitude_copy");
  if (!OF_GENERATED_ROWS.test(error.code ?? ""))
    return { refused: inWords(error), seen: "sampled", code: error.code };
  return { refused: null, seen: "sampled", meets: `its rows meet the generated ones: ${inWords(error)}` };
}

/** foreign_key_violation, unique_violation, exclusion_violation. */
const OF_GENERATED_ROWS = /^23(?:503|505|P01)$/;

/**
 * Sends a statement, and has its locks looked at while they are held: until the end of its transaction. One that stands alone is given a transaction for
 * that, where that changes nothing.
 */
async function send(
  client: Client,
  { sql, parsed }: ScriptStatement,
  look: () => Promise<void>,
  reach: (() => Promise<Refusal | null>) | null,
): Promise<Sent> {
  const mayCommit = parsed !== null && /^(?:CallStmt|DoStmt)$/.test(parsed.kind);
  const isAlone = isIdle(client) && parsed !== null;
  if (isAlone && (isSameInTransaction(parsed, sql) || (reach !== null && mayCommit))) {
    await client.query("begin");
    const error = (await refusal(client, sql)) ?? (await reach?.()) ?? null;
    if (error === null) {
      await look();
      const atEnd = await refusal(client, "commit");
      await look();
      return { refused: atEnd && inWords(atEnd), seen: mayLetGo(parsed, sql) ? "sampled" : "all" };
    }
    await client.query("rollback");
    if (reach !== null && error.code === TRANSACTION_ENDED_WITHIN)
      return { refused: COMMITS_ITSELF, seen: "sampled" };
    if (error.code !== ACTIVE_TRANSACTION || mayCommit) return { refused: inWords(error), seen: "sampled" };
  }
  if (!isIdle(client) && transactionParts(sql)[0]?.kind === "commit") {
    const error = await reach?.();
    if (error) return { refused: inWords(error), seen: "sampled" };
  }
  const isHeld = !isIdle(client);
  const error = await refusal(client, sql);
  await look();
  if (error !== null) return { refused: inWords(error), seen: "sampled", code: error.code };
  const isTold = isHeld ? !mayLetGo(parsed, sql) : parsed === null || takesNone(parsed);
  return { refused: null, seen: isTold ? "all" : "sampled" };
}

/** Tells whether a statement does the same in a transaction of its own that is ended behind it. */
function isSameInTransaction(statement: RawTree, sql: string): boolean {
  // Outside of a transaction these are refused, or say where one begins and ends.
  if (/^(?:TransactionStmt|LockStmt|DeclareCursorStmt|CallStmt)$/.test(statement.kind)) return false;
  if (runsOutside(statement)) return false;
  // A block may end the transaction that it stands in, itself or by a procedure.
  return statement.kind !== "DoStmt" || !/\b(?:commit|rollback|call)\b/i.test(sql);
}

/** Tells whether a statement may let go in its middle of what it has locked: what a block has done before it catches an error is undone. */
const mayLetGo = (parsed: RawTree | null, sql: string): boolean =>
  parsed?.kind === "CallStmt" || (parsed?.kind === "DoStmt" && /\bexception\b/i.test(sql));

/** Tells whether a statement locks no table by itself. */
const takesNone = ({ kind }: RawTree): boolean => kind === "TransactionStmt" || kind === "VariableSetStmt";

interface Refusal {
  readonly message: string;
  readonly detail?: string;
  readonly code?: string;
}

const inWords = ({ message, detail }: Refusal): string =>
  detail === undefined ? message : `${message} (${detail})`;

/** Sends a statement, and gives what PostgreSQL says against it. */
const refusal = (client: Client, sql: string): Promise<Refusal | null> =>
  client.query(sql).then(
    () => null,
    (error: Refusal) => error,
  );
