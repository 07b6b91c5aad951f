import { isTlsOptional } from "../config/tls.ts";
import { SessionSettingError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { DriverClient } from "./driver.ts";
import { roundTrip } from "./round-trip.ts";

/**
 * What the text of values depends on, pinned in the startup message, where it prevails over settings of the role, the
 * database and the server. These a server reports whenever they change; `pg` itself asks for UTF-8.
 */
export const REPORTED = { DateStyle: "ISO", IntervalStyle: "postgres", standard_conforming_strings: "on" };
/** And these it does not. From 12 on, 1 gives each float's shortest text that is read as the same float. */
export const UNREPORTED = { extra_float_digits: "1", bytea_output: "hex", array_nulls: "on" };
/** What every pooler takes in a startup message, and gives each connection of its own. */
const TAKEN_BY_POOLERS = { DateStyle: "ISO", standard_conforming_strings: "on" };

/** Says of each, and of `pg`'s own, whether values are then written as they are read. */
export const IS_RIGHT: Readonly<Record<string, (value: string) => boolean>> = {
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
        `the pooler refuses settings at the start of a connection, and ${wrong.name} is ${wrong.value}, which changes values: set it for the role, or have the pooler track it`,
      );
  }
}

/** The first of these settings that is not as it must be; asks the server. */
export async function wrongSetting(
  client: DriverClient,
  names: readonly string[] = [...Object.keys(REPORTED), ...Object.keys(UNREPORTED)],
): Promise<Setting | undefined> {
  const columns = names.map((name) => `current_setting('${name}')`);
  const text = `select ${columns.join(", ")}`;
  const { rows } = await roundTrip(client, (packet) => packet.parse("", text).bind("", []).execute());
  const [told] = rows;
  // As of what is no PostgreSQL.
  if (told === undefined) return { name: names[0]!, value: "unknown" };
  for (const [i, name] of names.entries())
    if (IS_RIGHT[name]?.(String(told[i])) === false) return { name, value: String(told[i]) };
  return undefined;
}

/** One of them as the server has it. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}
