import { inContext } from "../context.ts";
import { ConnectionLostError } from "../errors/errors.ts";
import { type QueryConfig, type QueryOptions, rawText } from "../statement.ts";
import { command } from "./command.ts";
import type { Connection } from "./connection.ts";
import { Interrupt } from "./interrupt.ts";
import type { Lease } from "./queryable.ts";

/** What is locked: a text, of which the server locks a 64-bit hash; a number of 64 bits; or two of 32. All share one space. */
export type LockKey = string | number | bigint | readonly [number, number];

export interface LockOptions extends QueryOptions {
  /** Whether others may have it at the same time who say so too; false. */
  readonly shared?: boolean | undefined;
}

interface Target {
  /** The arguments of PostgreSQL's function. */
  readonly text: string;
  readonly values: string[];
}

/** @throws TypeError where it is no key, for types are not relied upon */
export function targetOf(key: LockKey): Target {
  if (typeof key === "string") return { text: "hashtextextended($1::text, 0)", values: [key] };
  if (typeof key === "bigint" || Number.isSafeInteger(key))
    return { text: "$1::bigint", values: [String(key)] };
  if (Array.isArray(key) && key.length === 2 && key.every((half) => Number.isSafeInteger(half)))
    return { text: "$1::int, $2::int", values: key.map(String) };
  throw new TypeError("a lock's key is a text, a whole number, or two of them");
}

/** `pg_try_advisory_xact_lock_shared` and its like; `void` is read as an empty text. */
export function lockStatement(
  verb: "lock" | "unlock",
  { text, values }: Target,
  { isTry = false, isOfTransaction = false, shared = false },
): QueryConfig {
  const name = ["pg", ...(isTry ? ["try"] : []), "advisory", ...(isOfTransaction ? ["xact"] : []), verb];
  return {
    text: `select ${[...name, ...(shared ? ["shared"] : [])].join("_")}(${text})`,
    values,
    rowMode: "array",
    types: rawText,
    query: { name: verb, command: ":one", operation: "SELECT", relations: [] },
    prepare: false,
  };
}

/**
 * Gives back what a statement that has failed may have taken: one that is cancelled when it has the lock keeps that, for a
 * session's locks do not end with the statement. Where that cannot be told to the server, the session is ended.
 */
async function letGo(connection: Connection): Promise<void> {
  if (connection.lost !== undefined) return;
  const limit = new Interrupt({ timeout: connection.cancelTimeout });
  try {
    await connection.hold("unlock", limit, (client) =>
      command(client, "select pg_catalog.pg_advisory_unlock_all()"),
    );
  } catch {
    void connection.abandon("a lock may be left on it");
  } finally {
    limit.end();
  }
}

/** A lock of a session, which keeps a connection for as long as it is held; `await using` gives both back. */
export class AdvisoryLock implements AsyncDisposable {
  /** Aborts when the connection is lost, and the lock with it: another may have it from then on. */
  readonly signal: AbortSignal;
  readonly #connection: Connection;
  readonly #unlock: QueryConfig;
  readonly #end: () => void;
  #released: Promise<void> | undefined;

  /**
   * Takes it on a connection that is given back where it is not to be had.
   * @param isTry whether `lock` does not wait for it
   * @returns null where another has it
   */
  static async take(
    { connection, interrupt, since, end }: Lease,
    { lock, unlock }: { readonly lock: QueryConfig; readonly unlock: QueryConfig },
    isTry: boolean,
  ): Promise<AdvisoryLock | null> {
    try {
      const { rows } = await connection.run(lock, interrupt, undefined, since);
      if (isTry && rows[0]?.[0] !== "t") {
        end?.();
        return null;
      }
      return new AdvisoryLock(connection, unlock, () => end?.());
    } catch (error) {
      await letGo(connection);
      end?.();
      throw error;
    }
  }

  private constructor(connection: Connection, unlock: QueryConfig, end: () => void) {
    this.#connection = connection;
    this.#unlock = unlock;
    const lost = new AbortController();
    this.signal = lost.signal;
    const abort = inContext((cause: Error) =>
      lost.abort(new ConnectionLostError("the connection that held the lock was lost", { cause })),
    );
    const ignoreLoss = connection.onLoss(abort);
    this.#end = () => {
      ignoreLoss();
      end();
    };
  }

  /** More than once is harmless, and so is that it was lost. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #release(): Promise<void> {
    const connection = this.#connection;
    const limit = new Interrupt({ timeout: connection.cancelTimeout });
    try {
      if (connection.lost === undefined) await connection.run(this.#unlock, limit);
    } catch {
      // The server gives back what it loses the connection of.
      void connection.abandon("a lock was not given back");
    } finally {
      limit.end();
      this.#end();
    }
  }
}
