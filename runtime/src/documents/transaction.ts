import type { ClientSession } from "mongodb";
import {
  CancelledError,
  DatabaseError,
  TransactionClosedError,
  TransactionRolledBackError,
} from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { UnsupportedByServerError } from "./errors.ts";
import type { TransactionOutcome } from "./quota.ts";
import type { Store, TransactionContext } from "./target.ts";

/**
 * Runs `work` in a transaction, and again where the server asks for it (a write conflict, a new primary), for 120 seconds at
 * most: the driver's rule. Commits when `work` resolves, aborts when it rejects.
 * @throws what `work` throws; TransactionRolledBackError where it swallowed an error that had aborted the transaction
 */
export async function runTransaction<T>(
  { client, caller, telemetry }: Store,
  work: (transaction: TransactionContext) => Promise<T>,
  options: QueryOptions | undefined,
): Promise<T> {
  const call = { operation: "transaction", kind: "documents", collection: "", write: true };
  return caller.run(call, options, async ({ signal }) => {
    await requireReplicaSet(client);
    const session = client.startSession();
    let number = 0;
    let last: Context | undefined;
    try {
      const result = await session.withTransaction(async () => {
        // The one before it has not been committed.
        last?.end("rolled back");
        signal?.throwIfAborted();
        const context = createContext(session);
        last = context;
        const attempt = telemetry.attempt(++number);
        try {
          const result = await attempt.within(() => work(context));
          await context.finished();
          // The commit would fail as one that may be tried again, for ever.
          if (context.failure !== undefined)
            throw new TransactionRolledBackError(
              "an operation had aborted the transaction, and its error was swallowed",
              {
                cause: context.failure,
              },
            );
          signal?.throwIfAborted();
          return result;
        } catch (error) {
          attempt.end({ error });
          context.end("rolled back");
          // The driver decides by the labels of its own errors.
          throw retryable(error) ?? error;
        } finally {
          attempt.end();
          context.close();
        }
      });
      last?.end("committed");
      return result;
    } catch (error) {
      // The driver may have given up a COMMIT.
      last?.end("unknown");
      throw originals.get(error as object) ?? error;
    } finally {
      await session.endSession();
    }
  });
}

interface Context extends TransactionContext {
  readonly failure: unknown;
  finished(): Promise<void>;
  close(): void;
  /** Says what has become of it; what is said first holds. */
  end(outcome: TransactionOutcome): void;
}

function createContext(session: ClientSession): Context {
  let last: Promise<unknown> = Promise.resolve();
  let failure: unknown;
  let closed = false;
  let outcome: TransactionOutcome | undefined;
  const reactions: ((outcome: TransactionOutcome) => void)[] = [];
  return {
    session,
    onEnd(react) {
      if (outcome === undefined) reactions.push(react);
      else react(outcome);
    },
    end(how) {
      outcome ??= how;
      for (const react of reactions.splice(0)) react(outcome);
    },
    get failure() {
      return failure;
    },
    run<R>(work: () => Promise<R>): Promise<R> {
      if (closed) return Promise.reject(new TransactionClosedError("the transaction is over"));
      const running = last.then(() => work());
      last = running.catch((error: unknown) => {
        // The server aborts the transaction at every error of its own; what was refused here it has not seen.
        if (error instanceof DatabaseError && (error.cause !== undefined || error instanceof CancelledError))
          failure ??= error;
      });
      return running;
    },
    async finished() {
      await last;
    },
    close() {
      closed = true;
    },
  };
}

/** Ours, by the driver's error that is thrown in its place. */
const originals = new WeakMap<object, unknown>();

/** The driver's error behind one of ours, where a transaction is to be tried again because of it. */
function retryable(error: unknown): unknown {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { hasErrorLabel } = cause as { hasErrorLabel?(label: string): boolean };
    if (typeof hasErrorLabel !== "function") continue;
    if (!hasErrorLabel.call(cause, "TransientTransactionError")) return undefined;
    originals.set(cause, error);
    return cause;
  }
  return undefined;
}

/** Clients whose server has said that it has transactions; it will not cease to. */
const able = new WeakSet<Store["client"]>();

async function requireReplicaSet(client: Store["client"]): Promise<void> {
  if (able.has(client)) return;
  const hello = await client.db("admin").command({ hello: 1 });
  if (hello.setName === undefined && hello.msg !== "isdbgrid")
    throw new UnsupportedByServerError("this server has no transactions: it is no member of a replica set");
  able.add(client);
}
