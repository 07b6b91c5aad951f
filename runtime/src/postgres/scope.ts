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

/** PostgreSQL cuts what is longer, so that another setting would be made. */
const LONGEST_IDENTIFIER = 63;

/** Settings that are a list of identifiers, which a single literal is one of. */
const LISTS = new Set(["search_path", "temp_tablespaces"]);
const ELEMENT = /\s*(?:"((?:[^"]|"")+)"|([^\s",]+))\s*(?:,|$)/y;

function setLocal([name, value]: readonly [string, string]): Opening {
  const parts = name.split(".");
  if (parts.some((part) => part.length > LONGEST_IDENTIFIER))
    throw new TypeError(`${name} has more than the ${LONGEST_IDENTIFIER} characters that "set local" keeps`);
  const quoted = parts.map((part) => `"${part}"`).join(".");
  const values = LISTS.has(name.toLowerCase()) ? elementsOf(name, value) : [value];
  // Not a constant: `set` takes no parameters.
  return { label: "", text: `set local ${quoted} to ${values.map(quoteLiteral).join()}`, values: [] };
}

/** The elements of a list, as `set_config` reads one. @throws TypeError where it is none */
function elementsOf(name: string, list: string): string[] {
  const elements: string[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < list.length || list.endsWith(",")) {
    const [, quoted, plain = ""] = ELEMENT.exec(list) ?? [];
    if (quoted === undefined && plain === "") throw new TypeError(`the value of ${name} is no list of names`);
    elements.push(quoted?.replaceAll('""', '"') ?? plain.toLowerCase());
  }
  return elements;
}

/** Whatever `standard_conforming_strings` says. */
function quoteLiteral(value: string): string {
  return ` E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
