import type { EventEmitter } from "node:events";
import { isTlsOptional } from "../config/tls.ts";
import { SessionSettingError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import type { DriverClient } from "./driver.ts";

/**
 * What the text of values depends on, pinned in the startup message, where it prevails over settings of the role, the
 * database and the server. These a server reports whenever they change; `pg` itself asks for UTF-8.
 */
const REPORTED = { DateStyle: "ISO", IntervalStyle: "postgres", standard_conforming_strings: "on" };
/** And these it does not. From 12 on, 1 gives each float's shortest text that is read as the same float. */
const UNREPORTED = { extra_float_digits: "1", bytea_output: "hex", array_nulls: "on" };
/** What every pooler takes in a startup message, and gives each connection of its own. */
const TAKEN_BY_POOLERS = { DateStyle: "ISO", standard_conforming_strings: "on" };

const IS_RIGHT: Readonly<Record<string, (value: string) => boolean>> = {
  // The order of day and month is heeded only where a date is written otherwise than we do.
  DateStyle: (value) => /^ISO\b/i.test(value),
  IntervalStyle: (value) => value === "postgres",
  standard_conforming_strings: (value) => value === "on",
  client_encoding: (value) => /^UTF-?8$|^UNICODE$/i.test(value),
  extra_float_digits: (value) => Number(value) > 0,
  bytea_output: (value) => value === "hex",
  array_nulls: (value) => value === "on",
};

/** Says of a setting whether values are then written otherwise than they are read. */
export function changesValues(name: string, value: string): boolean {
  const known = Object.entries(IS_RIGHT).find(([one]) => one.toLowerCase() === name.toLowerCase());
  return known?.[1](value) === false;
}

const NAMES = Object.keys(UNREPORTED).join("|");
/** What may stand in front of a statement. */
const BEFORE = String.raw`^(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*`;
/** A statement that sets one that is not reported, and to what. */
const SETS = new RegExp(
  String.raw`${BEFORE}set\s+(?:session\s+|local\s+)?"?(${NAMES})"?\s*(?:=|to\b)\s*'?([\w.-]*)`,
  "i",
);
/** The same within one; the value is empty where it is not written there. */
const CALLS_SET = new RegExp(String.raw`\bset_config\s*\(\s*'(${NAMES})'\s*,\s*'?([\w.-]*)`, "gi");
const RESETS = new RegExp(String.raw`${BEFORE}(?:reset\s+"?(${NAMES})\b|(?:reset|discard)\s+all\b)`, "i");

/** What `pg` says to a server's N. */
const NO_TLS = "The server does not support SSL connections";

/** What a pool's connections ask for when they start; less where something between refuses it. */
export class StartupSettings {
  #isRefused = false;

  #isTlsOptional = false;
  #hasNoTls = false;

  /** Gives what a connection takes: none where the server has none, and one may go on without. */
  tls<T>(ssl: T): T | false {
    this.#isTlsOptional ||= isTlsOptional(ssl);
    return this.#hasNoTls ? false : ssl;
  }

  get settings(): Readonly<Record<string, string>> {
    return this.#isRefused ? TAKEN_BY_POOLERS : { ...REPORTED, ...UNREPORTED };
  }

  /** @returns whether it was for these settings that a connection was refused, and another try will do without */
  yieldTo(error: unknown): boolean {
    if (this.#isTlsOptional && error instanceof Error && error.message === NO_TLS) {
      this.#hasNoTls = true;
      return true;
    }
    if (!isServerError(error)) return false;
    // Of those that start at once, each is refused.
    const [, name = ""] = /(?:startup|configuration) parameter:? "?(\w+)/.exec(error.message) ?? [];
    if (!(name in REPORTED || name in UNREPORTED) || name in TAKEN_BY_POOLERS) return false;
    this.#isRefused = true;
    return true;
  }

  /**
   * Looks at what a pooler made of it, which gives its own connections no such settings.
   * @throws SessionSettingError where values would be changed in silence
   */
  async verify(client: DriverClient): Promise<void> {
    if (!this.#isRefused) return;
    const wrong = await wrongSetting(client);
    if (wrong !== undefined)
      throw new SessionSettingError(
        `the pooler refuses settings at the start of a connection, and ${wrong}, which changes values: set it for the role, or have the pooler track it`,
      );
  }
}

/** The first of these settings that is not as it must be, and what it is; asks the server. */
export async function wrongSetting(client: DriverClient): Promise<string | undefined> {
  const names = Object.keys({ ...REPORTED, ...UNREPORTED });
  const columns = names.map((name) => `current_setting('${name}') as "${name}"`);
  const { rows } = await client.query(`select ${columns.join(", ")}`);
  const told = rows[0] as Record<string, string> | undefined;
  // As of what is no PostgreSQL.
  if (told === undefined) return `${names[0]} is unknown`;
  const wrong = Object.entries(told).find(([name, value]) => IS_RIGHT[name]?.(value) === false);
  return wrong && `${wrong[0]} is ${wrong[1]}`;
}

/** What a server reports of those settings during a session. */
export class SessionSettings {
  readonly #wrong = new Map<string, string>();

  /** @param connection `pg`'s, best before it has connected */
  constructor(connection: EventEmitter) {
    connection.on("parameterStatus", (reported: { parameterName: string; parameterValue: string }) => {
      const { parameterName: name, parameterValue: value } = reported;
      if (IS_RIGHT[name]?.(value) === false) this.#wrong.set(name, value);
      else this.#wrong.delete(name);
    });
  }

  /**
   * Heeds what a statement is going to set that no server reports. It counts for as long as the connection is used, even if it is
   * over with the transaction, or fails. For what the application has written itself, where it is written out.
   */
  heed({ query, text }: Pick<QueryConfig, "query" | "text">): void {
    if (query.isAdHoc !== true && query.operation !== "SET") return;
    const reset = RESETS.exec(text);
    if (reset !== null)
      for (const name of reset[1] === undefined ? Object.keys(UNREPORTED) : [reset[1].toLowerCase()])
        this.#wrong.delete(name);
    const set = SETS.exec(text);
    for (const [, name = "", value = ""] of set === null ? text.matchAll(CALLS_SET) : [set])
      this.#note(name.toLowerCase(), value.toLowerCase());
  }

  #note(name: string, value: string): void {
    if (value === "default" || IS_RIGHT[name]?.(value) === true) this.#wrong.delete(name);
    else this.#wrong.set(name, value);
  }

  /** Tells whether values are written as they are read. */
  get areRight(): boolean {
    return this.#wrong.size === 0;
  }

  /** The same of an answer: its statement, or a function in it, may have changed them before its values were written. */
  throwIfWrongFor({ rows }: Pick<QueryResult, "rows">, config: Pick<QueryConfig, "query">): void {
    if (rows.length > 0) this.throwIfWrong(config);
  }

  /**
   * For statements whose values are decoded: ad hoc ones are not, and may set it right.
   * @throws SessionSettingError where they would be read as something else
   */
  throwIfWrong({ query }: Pick<QueryConfig, "query">): void {
    if (this.#wrong.size === 0 || query.isAdHoc === true) return;
    const [[name, value]] = this.#wrong as unknown as [[string, string]];
    throw new SessionSettingError(`${name} was set to ${value} on this connection, which changes values`, {
      query: query.name,
    });
  }
}
