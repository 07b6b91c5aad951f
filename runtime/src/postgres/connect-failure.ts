import { ConnectionFailedError, DatabaseError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { isPassingRefusal, isPoolersState, UNREACHED } from "../errors/retryable.ts";
import { conditionName } from "../errors/sqlstate.ts";
import { ProtocolError } from "./message-check.ts";
import { WrongSession } from "./session-attrs.ts";
import { whatIsUnstorable } from "./storable.ts";

/** Carries what `onConnect` threw past `connectFailure`. */
export class HookFailure extends Error {
  constructor(cause: unknown) {
    super("onConnect failed", { cause });
  }
}

/** The application gave no password, in spite of its being asked for one. */
export class PasswordFailure extends Error {}

/** Asks the application for a password, where it gives a function: what becomes of that is told from what a server says. */
export function askingPassword<T>(password: T | (() => unknown)): T | (() => Promise<string>) {
  if (typeof password !== "function") return password as T;
  const ask = password as () => unknown;
  return async () => {
    let given: unknown;
    try {
      given = await ask();
    } catch (cause) {
      throw new PasswordFailure("the password function failed", { cause });
    }
    if (typeof given !== "string") throw new PasswordFailure("the password function gave no text");
    const reason = whatIsUnstorable(given);
    if (reason !== undefined) throw new PasswordFailure(`the password has ${reason}`);
    return given;
  };
}

/** Why a server refuses, where the name of its condition is the standard's and tells nobody. */
const REFUSALS: Readonly<Record<string, string>> = {
  "28000": "the server has no such role, or does not let it in from here",
  "28P01": "the password is not this role's",
  "3D000": "the server has no such database",
};

/** Our error for why a connection could not be opened. */
export function connectFailure(error: unknown, query?: string): unknown {
  if (error instanceof HookFailure) return error.cause;
  if (error instanceof DatabaseError) return error;
  if (isServerError(error)) {
    const why = isPoolersState(error.code) ? said(error.message) : REFUSALS[error.code];
    return new ConnectionFailedError(
      `could not connect: ${why ?? conditionName(error.code)} (${error.code})`,
      {
        query,
        sqlState: error.code,
        cause: error,
      },
    );
  }
  if (error instanceof WrongSession || error instanceof ProtocolError)
    return new ConnectionFailedError(`could not connect: ${error.message}`, { query, cause: error });
  if (error instanceof PasswordFailure)
    return new ConnectionFailedError(`could not connect: ${error.message}`, {
      query,
      cause: error.cause ?? error,
    });
  const { code = withoutCode(error as Error) } = error as { code?: string };
  return new ConnectionFailedError(`could not connect: ${code}`, { query, cause: error });
}

/** Longest of a server's words that is quoted. */
const LONGEST_QUOTE = 200;

/** Quotes what was said before a connection was there, and so cannot hold a value of an application's. */
function said(words: string): string {
  return words.replace(/\s+/g, " ").slice(0, LONGEST_QUOTE);
}

/** What `pg` says by itself, which is no code of the system's or the server's. */
const OWN_WORDS: readonly (readonly [RegExp, string])[] = [
  [/client password must be/, "the server asks for a password, and there is none"],
  [/^SASL/, "authentication failed"],
  [/does not support SSL/, "the server has no TLS"],
  [/error establishing an SSL/, "the server answered the request for TLS with an error"],
];

function withoutCode({ message = "" }: { readonly message?: string }): string {
  return OWN_WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? "no answer";
}

/** States of the network and of this process that pass. Others last: no such name, no right, a certificate that is not the server's. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  ...UNREACHED,
  "EHOSTDOWN",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EMFILE",
  "ENFILE",
]);

/** Tells whether connecting may succeed when it is tried again soon. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ConnectionFailedError)) return false;
  const { sqlState, cause } = error;
  if (sqlState !== undefined) return isPassingRefusal(sqlState, cause);
  if (cause instanceof WrongSession) return true;
  if (cause instanceof ProtocolError) return cause.isPassing;
  if (typeof cause !== "object" || cause === null) return true;
  const { code, message = "" } = cause as { code?: string; message?: string };
  if (code !== undefined) return PASSING_CODES.has(code);
  // One that is cut off has no code, and neither has a refusal of TLS.
  return !(cause instanceof TypeError) && !/certificate|SSL|TLS|^SASL/i.test(message);
}
