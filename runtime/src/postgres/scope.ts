import type { Opening } from "./opening.ts";
import { changesValues } from "./startup-settings.ts";
import { whatIsUnstorable } from "./storable.ts";

/** Settings of PostgreSQL's by name, such as `{ "app.workspace_id": "7" }`. */
export type Settings = Readonly<Record<string, string>>;

/**
 * How a scope's settings reach the server: `set_config`, in the packet of each statement; or `set local`, for servers that
 * hand on only that, as Citus does to its workers with `citus.propagate_set_commands = 'local'`: each call is a transaction
 * of its own then, whose COMMIT is a second packet.
 */
export type ScopeBy = "set_config" | "set local";

/** Settings that hold for one transaction at a time: of each statement, or of one that was begun in the scope. */
export class Scope {
  /** What sets them, in a transaction. */
  readonly opening: readonly Opening[];
  /** Whether a statement needs a transaction of its own for it. */
  readonly needsBegin: boolean;

  /** @throws TypeError where a name is no setting's, or a value no text or empty, which would be as if there were no scope */
  constructor(settings: Settings, by: ScopeBy) {
    const entries = Object.entries(settings);
    if (entries.length === 0) throw new TypeError("a scope needs a setting");
    for (const [name, value] of entries) check(name, value);
    this.opening = by === "set_config" ? [setConfig(entries)] : entries.map(setLocal);
    this.needsBegin = by === "set local";
  }
}

const NAME = /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*$/;

/** Types are not relied upon: an id that is undefined must not open a scope of nobody, or of all. */
function check(name: string, value: unknown): void {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no setting's name`);
  if (typeof value !== "string" || value === "")
    throw new TypeError(`the value of ${name} must be a text that is not empty`);
  const unstorable = whatIsUnstorable(value);
  if (unstorable !== undefined) throw new TypeError(`the value of ${name} has ${unstorable}`);
  if (changesValues(name, value)) throw new TypeError(`${name} = ${value} changes how values are written`);
}

function setConfig(entries: readonly (readonly [string, string])[]): Opening {
  const values: string[] = [];
  for (const [name, value] of entries) values.push(name, value);
  return { label: "scope", text: setConfigText(entries.length), values };
}

const texts: string[] = [];

/** Gives no row, which would have to be read. All of them are called, for `||` needs both its sides. */
function setConfigText(settings: number): string {
  let text = texts[settings];
  if (text === undefined) {
    const calls = Array.from(
      { length: settings },
      (_, i) => `set_config($${2 * i + 1}, $${2 * i + 2}, true)`,
    );
    text = `select where ${calls.join(" || ")} is null`;
    texts[settings] = text;
  }
  return text;
}

function setLocal([name, value]: readonly [string, string]): Opening {
  const quoted = name
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
  // Not a constant: `set` takes no parameters.
  return { label: "", text: `set local ${quoted} to ${quoteLiteral(value)}`, values: [] };
}

/** Whatever `standard_conforming_strings` says. */
function quoteLiteral(value: string): string {
  return ` E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
