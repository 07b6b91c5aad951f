import type { Client } from "pg";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { ServerEngine } from "../../postgres/server.ts";
import { runsOutside } from "../migrations/observe.ts";
import type { Script, ScriptStatement } from "./migration.ts";
import type { RanStatement } from "./model.ts";

export interface Migrating {
  readonly engine: ServerEngine;
  readonly pid: number;
  readonly limit: number;
  /** Told when the time is over. */
  readonly overdue: () => void;
  /** Told before a statement is sent. */
  readonly begins: () => void;
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
  { engine, pid, limit, overdue, begins, look }: Migrating,
): Promise<RanStatement[]> {
  const ran: RanStatement[] = [];
  const tooLong = `it was cancelled: all of the migration may take ${limit / 1000} s (--limit)`;
  let isOverdue = false;
  const stop = (how: "cancel" | "terminate"): void => {
    isOverdue = true;
    void engine.run(`select pg_${how}_backend(${pid})`).catch(() => {});
  };
  const timers = [
    setTimeout(() => {
      overdue();
      stop("cancel");
    }, limit),
    setTimeout(() => stop("terminate"), limit + GRACE),
  ];
  const run = async (file: string, statement: ScriptStatement): Promise<boolean> => {
    begins();
    const from = now();
    engine.noteRoles(statement.sql);
    const { refused, seen } = isOverdue
      ? { refused: tooLong, seen: "all" as const }
      : await send(client, statement, look);
    const error = refused !== null && isOverdue ? tooLong : refused;
    ran.push({ sql: statement.sql, at: statement.at, file, from, to: now(), error, locksSeen: seen });
    if (error !== null) return false;
    if (isIdle(client)) await engine.keepRoles();
    return true;
  };
  try {
    for (const { file, inTransaction, statements } of scripts) {
      if (inTransaction) await client.query("begin");
      for (const statement of statements) {
        if (await run(file, statement)) continue;
        await client.query("rollback").catch((error: unknown) => {
          if (!isOverdue) throw error;
        });
        return ran;
      }
      if (inTransaction) await run(file, { sql: "commit", at: null, parsed: null });
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
}

const ACTIVE_TRANSACTION = "25001";

/**
 * Sends a statement, and has its locks looked at while they are held: until the end of its transaction. One that stands alone is given a transaction for
 * that, where that changes nothing.
 */
async function send(
  client: Client,
  { sql, parsed }: ScriptStatement,
  look: () => Promise<void>,
): Promise<Sent> {
  if (isIdle(client) && parsed !== null && isSameInTransaction(parsed, sql)) {
    await client.query("begin");
    const error = await refusal(client, sql);
    if (error === null) {
      await look();
      const atEnd = await refusal(client, "commit");
      await look();
      return { refused: atEnd && inWords(atEnd), seen: mayLetGo(parsed, sql) ? "sampled" : "all" };
    }
    await client.query("rollback");
    if (error.code !== ACTIVE_TRANSACTION) return { refused: inWords(error), seen: "sampled" };
  }
  const isHeld = !isIdle(client);
  const error = await refusal(client, sql);
  await look();
  if (error !== null) return { refused: inWords(error), seen: "sampled" };
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
