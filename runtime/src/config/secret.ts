import { inspect } from "node:util";

const REDACTED = "[redacted]";

/**
 * A value that never shows: calling it gives the value, everything else (a template, JSON, `console.log`, a logger) gives
 * `[redacted]`. Being a function, it can stand where `pg` takes a password.
 */
export interface Secret {
  (): string;
  toString(): string;
  toJSON(): string;
}

/** `read` is called each time that the value is asked for. */
export function createSecret(read: () => string): Secret {
  const redacted = (): string => REDACTED;
  const secret = Object.assign(() => read(), {
    toString: redacted,
    toJSON: redacted,
    [inspect.custom]: redacted,
  });
  return Object.freeze(secret);
}
