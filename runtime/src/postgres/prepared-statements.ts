import { createHash } from "node:crypto";
import type { QueryConfig } from "../statement.ts";
import { throwIfUnstorable } from "./bind.ts";
import type { DriverConnection } from "./driver.ts";

/** Statements that a connection keeps at most; each costs the server memory. pgx keeps as many. */
const LIMIT = 512;

/** Names by text; texts are constants of generated code, so that hashing is done once for each. */
const names = new Map<string, string>();
const NAMES_LIMIT = 10_000;

/** One name for each text: the query's, so that `pg_prepared_statements` can be read, and a hash. At most 63 bytes. */
export function statementName(text: string, query: string): string {
  let name = names.get(text);
  if (name === undefined) {
    const hash = createHash("sha1").update(text).digest("hex").slice(0, 16);
    name = `${query.replace(/[^A-Za-z0-9_]/g, "").slice(0, 40)}_${hash}`;
    if (names.size >= NAMES_LIMIT) names.clear();
    names.set(text, name);
  }
  return name;
}

/**
 * What a connection has prepared. A statement is in doubt from when its Parse was sent until it has once succeeded,
 * and again when the server refuses it; one in doubt is closed before it is prepared, which is allowed where there is none.
 */
export class PreparedStatements {
  readonly #isCertain = new Map<string, boolean>();

  /** What must be sent before it can be bound. */
  need(name: string): "nothing" | "parse" | "close and parse" {
    const isCertain = this.#isCertain.get(name);
    if (isCertain) return "nothing";
    return isCertain === undefined ? "parse" : "close and parse";
  }

  /**
   * Its Parse is being sent.
   * @returns the one to close, where there are more than the connection may keep
   */
  add(name: string): string | undefined {
    this.#isCertain.set(name, false);
    if (this.#isCertain.size <= LIMIT) return undefined;
    const [oldest] = this.#isCertain.keys();
    this.#isCertain.delete(oldest!);
    return oldest;
  }

  confirm(name: string): void {
    if (this.#isCertain.get(name) === false) this.#isCertain.set(name, true);
  }

  doubt(name: string): void {
    if (this.#isCertain.has(name)) this.#isCertain.set(name, false);
  }
}

/** The name under which a statement is prepared; none where it is not to be. */
export function nameFor(config: QueryConfig, prepared: PreparedStatements | undefined): string {
  return prepared === undefined || config.prepare === false
    ? ""
    : statementName(config.text, config.query.name);
}

/**
 * Sends what must precede the Bind.
 * @returns the statement that gave way to this one
 */
export function sendParse(
  connection: DriverConnection,
  prepared: PreparedStatements | undefined,
  name: string,
  text: string,
): string | undefined {
  let surplus: string | undefined;
  if (prepared !== undefined && name !== "") {
    const need = prepared.need(name);
    if (need === "nothing") return undefined;
    if (need === "close and parse") connection.close({ type: "S", name });
    surplus = prepared.add(name);
    if (surplus !== undefined) connection.close({ type: "S", name: surplus });
  }
  throwIfUnstorable(text);
  connection.parse({ name, text });
  return surplus;
}

/** The same for statements that are sent together: those of one name share a Parse, unless it gave way to another meanwhile. */
export function parseOnce(
  connection: DriverConnection,
  prepared: PreparedStatements | undefined,
): (name: string, text: string) => void {
  const parsed = new Set<string>();
  return (name, text) => {
    if (name !== "" && parsed.has(name)) return;
    parsed.delete(sendParse(connection, prepared, name, text) ?? "");
    parsed.add(name);
  };
}
