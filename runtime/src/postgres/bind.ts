import { ParameterError } from "../errors/errors.ts";
import type { QueryConfig } from "../statement.ts";
import { type DriverConnection, prepareValue } from "./driver.ts";

/** The protocol has two bytes for the number of parameters: with more, it would count from 0 again. */
export const MOST_PARAMETERS = 65_535;

/** Tells what PostgreSQL's text cannot hold of this one, or undefined. Sent all the same, a surrogate would become U+FFFD. */
export function whatIsUnstorable(text: string): string | undefined {
  if (!text.isWellFormed()) return "a lone surrogate, which is no character";
  return text.includes("\0") ? "the character U+0000, which PostgreSQL refuses" : undefined;
}

/** @throws ParameterError where a statement's text is none of PostgreSQL's */
export function throwIfUnstorable(text: string, query?: QueryConfig["query"]): void {
  const reason = whatIsUnstorable(text);
  if (reason !== undefined) throw new ParameterError(`the statement has ${reason}`, { query: query?.name });
}

/** A value that cannot be sent, before it is known which query's it is. */
class Unstorable extends Error {
  readonly place: number;

  constructor(reason: string, place: number) {
    super(reason);
    this.place = place;
  }
}

function writeValue(value: unknown, place: number): string | Buffer | null {
  const written = prepareValue(value);
  if (typeof written !== "string") return written;
  const reason = whatIsUnstorable(written);
  if (reason !== undefined) throw new Unstorable(reason, place);
  return written;
}

/**
 * Sends a statement's values, as `pg` writes them.
 * @throws ParameterError where the protocol or the database cannot hold them; nothing was sent then
 */
export function sendBind(
  connection: DriverConnection,
  { values, query }: Pick<QueryConfig, "values" | "query">,
  statement: string,
  portal = "",
): void {
  throwIfTooMany(values, query);
  try {
    connection.bind({ portal, statement, values, valueMapper: writeValue });
  } catch (error) {
    throw explained(error, query);
  }
}

/**
 * The values as they are sent, for who must know that all of a statement can be before anything is.
 * @throws ParameterError as sendBind and throwIfUnstorable
 */
export function writeValues({ text, values, query }: QueryConfig): unknown[] {
  throwIfUnstorable(text, query);
  throwIfTooMany(values, query);
  try {
    return values.map(writeValue);
  } catch (error) {
    throw explained(error, query);
  }
}

function throwIfTooMany(values: readonly unknown[], { name }: QueryConfig["query"]): void {
  if (values.length <= MOST_PARAMETERS) return;
  const message = `${values.length} parameters: a statement can have ${MOST_PARAMETERS}; hand them over as an array`;
  throw new ParameterError(message, { query: name });
}

/** Without the value, as all messages. */
function explained(error: unknown, { name, parameters }: QueryConfig["query"]): unknown {
  if (!(error instanceof Unstorable)) return error;
  const parameter = parameters?.[error.place] ?? `$${error.place + 1}`;
  return new ParameterError(`parameter ${parameter} has ${error.message}`, { query: name });
}
