import { types } from "node:util";
import {
  BSON,
  MongoAPIError,
  MongoBulkWriteError,
  MongoError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
} from "mongodb";
import {
  ConnectionFailedError,
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  PoolClosedError,
  PoolExhaustedError,
  TimeoutError,
} from "../errors/errors.ts";
import {
  DocumentCommandError,
  DocumentConflictError,
  DuplicateDocumentError,
  InvalidDocumentError,
  UnsupportedByServerError,
} from "./errors.ts";
import { issuesOf } from "./server-issues.ts";

/** What was going on when a driver's error came. */
export interface Circumstances {
  /** `insert executions`; starts the message. */
  readonly what: string;
  readonly kind: string;
  readonly write: boolean;
  /** A command may have left this process. */
  readonly sent: boolean;
  /** It writes more than one document. */
  readonly several?: boolean;
}

const DUPLICATE = new Set([11000, 11001]);
/** A field was to be set below what is no object. */
export const PATH_NOT_VIABLE = 28;
const TIMED_OUT = new Set([50, 24, 262]);
const CONFLICT = new Set([112, 244, 251]);
/** Standalone servers, storage engines and compatible servers that lack a command, an option or a stage. */
const UNSUPPORTED = new Set([20, 59, 115, 238, 263, 303, 40573]);
/** What people meet when they set a connection up. */
const REASONS: Readonly<Record<number, string>> = {
  13: "the user lacks the right to do it (error 13)",
  18: "the user or the password is wrong (error 18)",
  8000: "the user or the password is wrong (error 8000)",
  10334: "the document is larger than the server stores (error 10334)",
};
/** The server is no primary; it has not done what it was asked for. */
const NOT_PRIMARY = new Set([10107, 13435, 10058, 13436]);
/** The server was going away, or a majority did not confirm in time: what was done may stay or be rolled back. */
const INTERRUPTED = new Set([91, 189, 11600, 11602, 6, 7, 89, 9001, 64]);

/** Our error for one of the driver's. The driver's own message is left in `cause`, for it may quote values. */
export function translate(error: unknown, circumstances: Circumstances): unknown {
  if (error instanceof DatabaseError) return error;
  // It is encoded before it is sent.
  if (error instanceof BSON.BSONError || isRangeError(error))
    return new DocumentCommandError(
      `${circumstances.what}: the driver could not encode it`,
      undefined,
      error,
    );
  if (!(error instanceof MongoError)) return error;
  // A bulk write dresses whatever has stopped it as an error of the server's.
  if (error instanceof MongoBulkWriteError && (error.errorResponse as unknown) instanceof MongoError)
    return translate(error.errorResponse, circumstances);
  const { what, write, sent } = circumstances;
  if (write && isUnconfirmed(error)) return outcomeUnknown(what, error);
  if (error instanceof MongoServerError) return fromServer(error, circumstances);
  const unknown = (cause: DatabaseError): DatabaseError =>
    write && sent ? outcomeUnknown(what, cause) : cause;
  if (error instanceof MongoServerSelectionError)
    return unknown(new ConnectionFailedError(`${what}: no server is to be reached`, { cause: error }));
  if (error instanceof MongoNetworkTimeoutError)
    return unknown(new TimeoutError(`${what}: the server did not answer in time`, { cause: error }));
  if (error instanceof MongoNetworkError)
    return unknown(
      sent
        ? new ConnectionLostError(`${what}: the connection was lost`, { cause: error })
        : new ConnectionFailedError(`${what}: no connection could be opened`, { cause: error }),
    );
  if (error.name === "MongoWaitQueueTimeoutError")
    return unknown(new PoolExhaustedError(`${what}: no connection was free in time`, { cause: error }));
  if (/^Mongo(Client|Topology|Server|Pool)Closed|^MongoNotConnected/.test(error.name))
    return unknown(new PoolClosedError(`${what}: the documents are closed`, { cause: error }));
  if (error instanceof MongoInvalidArgumentError || error instanceof MongoAPIError)
    return new DocumentCommandError(`${what}: the driver refused it`, undefined, error);
  return new DocumentCommandError(`${what}: the driver failed (${error.name})`, undefined, error);
}

/** Node's own are of another realm where a test runner has made one. */
function isRangeError(error: unknown): error is RangeError {
  return types.isNativeError(error) && error.name === "RangeError";
}

/** Tells whether it was done, and not confirmed by as many members as it should be, whatever the reason; or a commit may have been. */
function isUnconfirmed(error: MongoError): boolean {
  if (error.hasErrorLabel("UnknownTransactionCommitResult")) return true;
  if (error instanceof MongoBulkWriteError) return error.result?.getWriteConcernError() !== undefined;
  return error instanceof MongoWriteConcernError;
}

export function outcomeUnknown(what: string, cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(`${what}: whether it was written is not known`, { cause });
}

/** Also for one item of a bulk write, whose error has no class. */
export function fromServer(
  error: Pick<MongoServerError, "code" | "message"> & { errInfo?: unknown; keyPattern?: unknown },
  { what, kind, write, sent, several = false }: Circumstances,
): DatabaseError {
  const { code } = error;
  // The driver's wrapper of one write's failure has the same code, and the details one level down.
  const cause = error;
  if (typeof code !== "number")
    return new DocumentCommandError(`${what}: the server refused it`, undefined, cause);
  if (DUPLICATE.has(code)) {
    const index = declaredIndex(error, kind);
    const which = index === undefined ? "" : ` (unique index ${index})`;
    return new DuplicateDocumentError(`${what}: there is such a document already${which}`, index, cause);
  }
  if (code === 121)
    return new InvalidDocumentError(
      `${what}: the server's validator refused it`,
      issuesOf(detailsOf(error)),
      undefined,
      cause,
    );
  if (code === PATH_NOT_VIABLE)
    return new InvalidDocumentError(
      `${what}: nothing was written; the document is stored with`,
      [{ path: [], message: "its data are no object, so that repair() alone can write it" }],
      undefined,
      cause,
    );
  // Of several documents, those before may have been written.
  const midway = (error: DatabaseError) => (write && sent && several ? outcomeUnknown(what, error) : error);
  if (TIMED_OUT.has(code))
    return midway(new TimeoutError(`${what}: the server's time limit was exceeded`, { cause }));
  if (CONFLICT.has(code))
    return midway(
      new DocumentConflictError(`${what}: another transaction writes the same document`, undefined, cause),
    );
  if (UNSUPPORTED.has(code))
    return new UnsupportedByServerError(`${what}: this server cannot do it (error ${code})`, { cause });
  if (NOT_PRIMARY.has(code))
    return new ConnectionLostError(`${what}: the server is not the primary`, { cause });
  if (INTERRUPTED.has(code)) {
    const lost = new ConnectionLostError(`${what}: the server was interrupted (error ${code})`, { cause });
    const unharmed = error instanceof MongoError && error.hasErrorLabel("NoWritesPerformed");
    return write && sent && !unharmed ? outcomeUnknown(what, lost) : lost;
  }
  const why = REASONS[code] ?? `the server refused it (error ${code})`;
  return new DocumentCommandError(`${what}: ${why}`, code, cause);
}

/** The index of a duplicate key by its declared name; compatible servers do not say. */
function declaredIndex({ message }: { message: string }, kind: string): string | undefined {
  const name = /index: (\S+)/.exec(message)?.[1];
  return name?.startsWith(`${kind}_`) ? name.slice(kind.length + 1) : undefined;
}

function detailsOf(error: { errInfo?: unknown }): unknown {
  const first =
    error instanceof MongoBulkWriteError && Array.isArray(error.writeErrors)
      ? error.writeErrors[0]
      : undefined;
  const info = error.errInfo ?? first?.err?.errInfo;
  return (info as { details?: unknown } | undefined)?.details;
}
