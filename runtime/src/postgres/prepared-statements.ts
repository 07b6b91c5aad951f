import { createHash } from "node:crypto";
import type { QueryConfig } from "../statement.ts";
import { throwIfUnstorable } from "./bind.ts";
import type { Packet } from "./packet.ts";

/** Statements that a connection keeps at most, unless told otherwise; each costs the server memory. pgx keeps as many. */
export const DEFAULT_LIMIT = 512;

/** Of one query, whose statement may be another for other arguments. */
const LIMIT_OF_QUERY = 16;

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

/** What is appended to the texts of statements that a pooler kept after they were outdated, by their names. */
const suffixes = new Map<string, string>();

/**
 * Has a statement go by another name and another text from now on, on all connections: PgBouncer keeps statements by their
 * text, and gives an outdated one to whoever prepares that text again. A comment makes it another.
 */
function rename(name: string, text: string): void {
  if (names.get(text) !== name) return;
  const token = Math.random().toString(36).slice(2, 7).padEnd(5, "0");
  const other = `${name.replace(/(_[0-9a-f]{16})_\w{5}$/, "$1")}_${token}`;
  names.set(text, other);
  suffixes.delete(name);
  suffixes.set(other, `\n-- ${token}`);
}

/**
 * What a connection has prepared. A statement is in doubt from when its Parse was sent until it has once succeeded,
 * and again when the server refuses it; one in doubt is closed before it is prepared, which is allowed where there is none. The one
 * that was used the least recently is given up where there are more than it may keep.
 */
export class PreparedStatements {
  /** The one used last is the last. */
  readonly #isCertain = new Map<string, boolean>();
  readonly #limit: number;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** Finds what must be sent before it can be bound. */
  need(name: string): "nothing" | "parse" | "close and parse" {
    const isCertain = this.#isCertain.get(name);
    if (isCertain) {
      this.#isCertain.delete(name);
      this.#isCertain.set(name, true);
      return "nothing";
    }
    return isCertain === undefined ? "parse" : "close and parse";
  }

  /**
   * Its Parse is being sent.
   * @returns the one to close, where there are more than the connection may keep
   */
  add(name: string): string | undefined {
    this.#isCertain.delete(name);
    this.#isCertain.set(name, false);
    const surplus = this.#surplusOf(name) ?? this.#surplus();
    if (surplus !== undefined) this.#isCertain.delete(surplus);
    return surplus;
  }

  #surplus(): string | undefined {
    if (this.#isCertain.size <= this.#limit) return undefined;
    const [oldest] = this.#isCertain.keys();
    return oldest;
  }

  /** The oldest of the same query, where there are more than one query may have. */
  #surplusOf(name: string): string | undefined {
    const query = queryOf(name);
    if (this.#isCertain.size <= LIMIT_OF_QUERY) return undefined;
    const own = [...this.#isCertain.keys()].filter((one) => one.startsWith(query) && queryOf(one) === query);
    return own.length > LIMIT_OF_QUERY ? own[0] : undefined;
  }

  confirm(name: string): void {
    if (this.#isCertain.get(name) === false) this.#isCertain.set(name, true);
  }

  /**
   * A command has succeeded, or is sent: where it takes prepared statements away, all are in doubt. PgBouncer closes the connection of
   * who uses one after that.
   * @returns whether it does
   */
  heed(command: string): boolean {
    if (command !== "DEALLOCATE" && command !== "DISCARD") return false;
    for (const name of this.#isCertain.keys()) this.#isCertain.set(name, false);
    return true;
  }

  /** The server has refused it: where it had only just been prepared, what is in between keeps the old one by its text. */
  doubt(name: string, text: string): void {
    const isCertain = this.#isCertain.get(name);
    if (isCertain === true) this.#isCertain.set(name, false);
    else if (isCertain === false) rename(name, text);
  }
}

/** A statement's name without what tells it from others of its query. */
function queryOf(name: string): string {
  return name.replace(/_[0-9a-f]{16}(?:_\w{5})?$/, "");
}

/** The name under which a statement is prepared; none where it is not to be. */
export function nameFor(config: QueryConfig, prepared: PreparedStatements | undefined): string {
  return prepared === undefined || config.prepare === false
    ? ""
    : statementName(config.text, config.query.name);
}

/** The server has refused one of them, and does not say which. */
export function doubtAll(configs: readonly QueryConfig[], prepared: PreparedStatements | undefined): void {
  const doubted = new Set<string>();
  for (const config of configs) {
    const name = nameFor(config, prepared);
    if (!doubted.has(name)) prepared?.doubt(name, config.text);
    doubted.add(nameFor(config, prepared));
  }
}

/**
 * Sends what must precede the Bind.
 * @returns the statement that gave way to this one
 */
export function sendParse(
  packet: Packet,
  prepared: PreparedStatements | undefined,
  name: string,
  text: string,
): string | undefined {
  let surplus: string | undefined;
  if (prepared !== undefined && name !== "") {
    const need = prepared.need(name);
    if (need === "nothing") return undefined;
    if (need === "close and parse") packet.close("S", name);
    surplus = prepared.add(name);
    if (surplus !== undefined) packet.close("S", surplus);
  }
  throwIfUnstorable(text);
  const suffix = suffixes.get(name);
  packet.parse(name, suffix === undefined ? text : text + suffix);
  return surplus;
}

/**
 * The same for statements that are sent together: those of one name share a Parse, unless it gave way to another meanwhile, or to one
 * that takes all of them away, of which `heed` is told.
 */
export function parseOnce(
  packet: Packet,
  prepared: PreparedStatements | undefined,
): { parse(name: string, text: string): void; heed(config: QueryConfig): void } {
  const parsed = new Set<string>();
  return {
    parse(name, text) {
      if (name !== "" && parsed.has(name)) return;
      parsed.delete(sendParse(packet, prepared, name, text) ?? "");
      parsed.add(name);
    },
    heed({ query }) {
      if (prepared?.heed(query.operation) === true) parsed.clear();
    },
  };
}
