import { DatabaseError, DeadlockError, SerializationFailureError } from "../errors/errors.ts";
import { nothing, type Telemetry, type TransactionEnd } from "../telemetry/telemetry.ts";
import { Pause } from "../timer.ts";
import { isOutdated } from "./execute.ts";
import { Interrupt } from "./interrupt.ts";
import type { Lease } from "./queryable.ts";
import { conclude, Transaction } from "./transaction.ts";
import type { RetryOptions, TransactionOptions } from "./transaction-options.ts";

/**
 * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, and tries the whole again as
 * `options.retry` says, each time on a connection that `take` gives.
 * @throws what `work` throws, or what COMMIT does
 */
export async function runTransaction<T>(
  take: (interrupt: Interrupt) => Lease | Promise<Lease>,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
  telemetry: Telemetry,
): Promise<T> {
  const retry = retryOptions(options);
  const interrupt = Interrupt.of(options);
  const operation = telemetry.transaction();
  if (operation === nothing && retry.retries === 0 && !interrupt.canFire) {
    // As below, but for what nobody is told and nothing interrupts; some promises less.
    const lease = await take(interrupt);
    const begun = Transaction.begin(lease, options);
    return await conclude(begun instanceof Promise ? await begun : begun, work);
  }
  let transaction: TransactionEnd | undefined;
  const attempt = async (): Promise<T> => {
    transaction = undefined;
    const lease = await take(interrupt);
    const end: Lease["end"] = (outcome) => {
      transaction = outcome?.transaction;
      lease.end?.(outcome);
    };
    return await conclude(await Transaction.begin({ ...lease, end }, options), work);
  };
  try {
    const isUndone = (): boolean => transaction === undefined || transaction === "rolled_back";
    const result = await operation.within(() => retrying(attempt, isUndone, retry, interrupt, telemetry));
    operation.end({ transaction });
    return result;
  } catch (error) {
    operation.end({ transaction, error });
    throw error;
  } finally {
    interrupt.end();
  }
}

function retrying<T>(
  attempt: () => Promise<T>,
  isUndone: () => boolean,
  options: RetryOptions,
  interrupt: Interrupt,
  telemetry: Telemetry,
): Promise<T> {
  // The only one is the transaction.
  return options.retries === 0 ? attempt() : tryAgain(attempt, isUndone, options, interrupt, telemetry);
}

/** @param isUndone tells of the last attempt that nothing of it has been committed, by its work for instance, and would be done twice */
async function tryAgain<T>(
  attempt: () => Promise<T>,
  isUndone: () => boolean,
  { retries, backoff = 20, maxBackoff = 1000 }: RetryOptions,
  interrupt: Interrupt,
  telemetry: Telemetry,
): Promise<T> {
  for (let number = 1; ; number++) {
    const operation = telemetry.attempt(number);
    try {
      const result = await operation.within(attempt);
      operation.end();
      return result;
    } catch (error) {
      operation.end({ error });
      if (number > retries || !isTransient(error) || !isUndone()) throw error;
      // A random part of it, so that those who got in each other's way do not do so again.
      await pause(Math.random() * Math.min(maxBackoff, backoff * 2 ** (number - 1)), interrupt);
    }
  }
}

const NO_RETRY: RetryOptions = { retries: 0 };

/** @throws RangeError where a number is none, for it may come from a configuration */
function retryOptions({ retry = 0 }: TransactionOptions): RetryOptions {
  if (retry === 0) return NO_RETRY;
  const options = typeof retry === "object" && retry !== null ? retry : { retries: retry };
  const { retries, backoff = 0, maxBackoff = 0 } = options;
  for (const [name, value] of Object.entries({ retries, backoff, maxBackoff }))
    if (!(typeof value === "number" && value >= 0))
      throw new RangeError(`retry: ${name}: ${String(value)} is not a number that is 0 or more`);
  return options;
}

/** Tells whether the server has rolled back for no fault of the transaction's own. */
function isTransient(error: unknown): boolean {
  if (error instanceof SerializationFailureError || error instanceof DeadlockError) return true;
  // A migration has outdated a prepared statement, which is prepared again next time.
  return error instanceof DatabaseError && isOutdated(error.cause);
}

async function pause(time: number, interrupt: Interrupt): Promise<void> {
  const waited = new Pause(time);
  const ignore = interrupt.onFire(waited.wake);
  await waited.over;
  ignore();
  interrupt.throwIfFired();
}
