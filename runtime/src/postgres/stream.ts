import { ConnectionLostError, DatabaseError, TransactionClosedError } from "../errors/errors.ts";
import type { QueryConfig, RawRow } from "../statement.ts";
import type { Operation } from "../telemetry/telemetry.ts";
import type { Connection } from "./connection.ts";
import type { Cursor } from "./cursor.ts";
import { ATTEMPTS, isOutdated } from "./execute.ts";
import type { Interrupt } from "./interrupt.ts";
import { doubtOpenings, NO_OPENING } from "./opening.ts";
import { OwnCursor } from "./own-cursor.ts";
import { nameFor } from "./prepared-statements.ts";
import type { Lease } from "./queryable.ts";
import type { Scope } from "./scope.ts";
import { endsTransaction } from "./transaction-control.ts";
import { TransactionCursor } from "./transaction-cursor.ts";

/**
 * Gives a statement's rows, a few hundred at a time, which is all that is ever held. In a transaction other statements may run in
 * between; outside one, the connection is busy until the last have come or the iteration ends, for the server ends a cursor
 * with its statement; `end` is called then.
 */
export function fetches(
  connection: Connection,
  config: QueryConfig,
  interrupt: Interrupt,
  place: Place & Pick<Lease, "since"> = {},
): AsyncGenerator<RawRow[]> {
  const operation = connection.telemetry.query(config.query, config.text, config.values, place.since);
  return fetchAll(connection, config, interrupt, place, operation);
}

/** Where a statement runs. */
type Place = Pick<Lease, "transaction" | "scope" | "end">;

async function* fetchAll(
  connection: Connection,
  config: QueryConfig,
  interrupt: Interrupt,
  place: Place,
  operation: Operation,
): AsyncGenerator<RawRow[]> {
  let count = 0;
  let failure: { readonly error: unknown } | undefined;
  let cursor: Cursor | undefined;
  /** Whether the loop was not left. */
  let isOver = false;
  try {
    connection.session.throwIfWrong(config);
    throwIfEnding(connection, config);
    connection.throwIfLasting(config, place.scope);
    connection.session.heed(config);
    cursor = await open(connection, config, interrupt, place);
    let rows: RawRow[];
    for (let attempt = 1; ; attempt++) {
      try {
        rows = await cursor.fetch();
        break;
      } catch (error) {
        if (attempt > ATTEMPTS || !(await mayRetry(connection, config, cursor, error, place.scope)))
          throw error;
        cursor = await open(connection, config, interrupt, place);
      }
    }
    for (;;) {
      connection.session.throwIfWrongFor({ rows }, config);
      count += rows.length;
      yield rows;
      if (cursor.isDone) break;
      rows = await cursor.fetch();
    }
    isOver = true;
    // The server tells of a change when it is ready, which may be only now.
    await cursor.close();
    cursor.throwIfFailed();
    if (count > 0) connection.session.throwIfWrong(config);
  } catch (error) {
    isOver = true;
    failure = { error };
    throw error;
  } finally {
    await cursor?.close();
    if (!isOver && !interrupt.fired) failure = cursor?.undone;
    operation.end({ rows: count, ...failure });
    if (!isOver && failure !== undefined) rethrow(failure, config);
  }
}

/** Of one in a transaction, whose end would not be seen here: it has no rows anyway. */
function throwIfEnding({ hasTransaction }: Connection, { text, query }: QueryConfig): void {
  if (hasTransaction && endsTransaction(text))
    throw new TransactionClosedError("a stream would end the transaction that it is in", {
      query: query.name,
    });
}

/** Of one that was left: whether the connection was lost thereafter matters only to what may have changed something. */
function rethrow({ error }: { readonly error: unknown }, { query }: QueryConfig): void {
  if (error instanceof ConnectionLostError && query.operation === "SELECT") return;
  throw error;
}

async function open(
  connection: Connection,
  config: QueryConfig,
  interrupt: Interrupt,
  { transaction, scope, end }: Place,
): Promise<Cursor> {
  return transaction !== undefined || connection.isInTransaction || connection.beginning !== undefined
    ? new TransactionCursor(connection, config, interrupt, transaction)
    : OwnCursor.open(connection, config, interrupt, scope?.opening ?? NO_OPENING, end);
}

/** Closes the cursor where its statement has to be prepared again. */
async function mayRetry(
  connection: Connection,
  config: QueryConfig,
  cursor: Cursor,
  error: unknown,
  scope: Scope | undefined,
): Promise<boolean> {
  const { prepared } = connection;
  const isRefused = error instanceof DatabaseError && isOutdated(error.cause);
  if (!isRefused || prepared === undefined) return false;
  prepared.doubt(nameFor(config, prepared), config.text);
  doubtOpenings(scope?.opening ?? NO_OPENING, prepared);
  if (connection.isInTransaction) return false;
  await cursor.close();
  return connection.lost === undefined;
}
