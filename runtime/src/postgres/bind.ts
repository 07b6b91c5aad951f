import { ParameterError } from "../errors/errors.ts";
import type { QueryConfig } from "../statement.ts";
import type { Packet } from "./packet.ts";
import { Unstorable, whatIsUnstorable, writeValue } from "./storable.ts";

/** The protocol has two bytes for the number of parameters: with more, it would count from 0 again. */
export const MOST_PARAMETERS = 65_535;

/** @throws ParameterError where a statement's text is none of PostgreSQL's */
export function throwIfUnstorable(text: string, query?: Pick<QueryConfig["query"], "name">): void {
  const reason = whatIsUnstorable(text);
  if (reason !== undefined) throw new ParameterError(`the statement has ${reason}`, { query: query?.name });
}

/**
 * Adds a statement's values to what is sent, as `pg` writes them.
 * @throws ParameterError where the protocol or the database cannot hold them; nothing was sent then
 */
export function sendBind(
  packet: Packet,
  { values, query }: Pick<QueryConfig, "values" | "query">,
  statement: string,
  portal = "",
): void {
  throwIfTooMany(values, query);
  try {
    packet.bind(statement, values, portal);
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
  const { message, cause } = error;
  return new ParameterError(`parameter ${parameter} has ${message}`, { query: name, cause });
}
