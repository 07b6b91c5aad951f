import { readFileSync } from "node:fs";
import type { ConfigurationProblem } from "./configuration-error.ts";
import { reason } from "./file-reason.ts";
import { nearest } from "./nearest.ts";
import { createSecret, type Secret } from "./secret.ts";
import type { Setting, Settings, Values } from "./setting.ts";

/** Usual names of other programs and libraries that look like ours. */
const OTHERS: readonly string[] = ["MONGODB_URI", "DATABASE_URI"];

export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of one group, as they were given. */
export interface Group<S extends Settings> {
  /** What could be read; a variable with a problem is undefined. */
  readonly values: Partial<Values<S>>;
  isSet(key: keyof S & string): boolean;
  /** Reports what is wrong with a variable, or with it and another. */
  problem(key: keyof S & string, message: string): void;
  /** The variable's whole name. */
  name(key: keyof S & string): string;
  /** The value as something that does not show; read from its file again each time, where it has one. */
  secret(key: keyof S & string): Secret | undefined;
}

/** Reads the environment, and collects all that is wrong with it. */
export class Environment {
  readonly problems: ConfigurationProblem[] = [];
  readonly #variables: Variables;
  readonly #known = new Map<string, readonly string[]>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  group<S extends Settings>(prefix: string, settings: S): Group<S> {
    const keys = Object.keys(settings);
    this.#known.set(
      prefix,
      keys.flatMap((key) => (settings[key]?.secret ? [key, `${key}_FILE`] : [key])),
    );
    const name = (key: string): string => prefix + key;
    const values: Record<string, unknown> = {};
    const given = new Set<string>();
    for (const key of keys) {
      const setting = settings[key] as Setting<unknown>;
      const text = this.#text(name(key), setting.secret === true);
      if (text !== undefined) given.add(key);
      const read = text ?? setting.default;
      if (read !== undefined) values[key] = this.#read(name(key), setting, read);
    }
    return {
      values: values as Partial<Values<S>>,
      isSet: (key) => given.has(key),
      problem: (key, message) => this.#problem(name(key), message),
      name,
      secret: (key) => this.#secret(name(key)),
    };
  }

  /** Reports variables that are a slip of the pen away from one that there is. */
  reportTypos(): void {
    for (const variable of Object.keys(this.#variables)) {
      const prefix = [...this.#known.keys()].find((start) => variable.startsWith(start));
      if (prefix === undefined) continue;
      const key = variable.slice(prefix.length);
      const known = this.#known.get(prefix) ?? [];
      if (known.includes(key) || OTHERS.includes(variable)) continue;
      const meant = nearest(key.toUpperCase(), known);
      if (key.endsWith("_FILE") && known.includes(key.slice(0, -5)))
        this.#problem(variable, "is not a setting: only a secret is read from a file");
      else if (meant !== undefined)
        this.#problem(variable, `is not a setting; did you mean ${prefix}${meant}?`);
    }
  }

  /** A variable that is set and looks like the one that is missing. */
  nearestSet(name: string): string | undefined {
    return nearest(
      name,
      Object.keys(this.#variables).filter((variable) => this.#variables[variable] && variable !== name),
    );
  }

  #problem(variable: string, message: string): void {
    this.problems.push({ variable, message });
  }

  #text(name: string, isSecret: boolean): string | undefined {
    // A compose file hands on what is not set as an empty string.
    const given = this.#variables[name] || undefined;
    const file = isSecret ? this.#variables[`${name}_FILE`] || undefined : undefined;
    if (file === undefined) return isSecret ? given : given?.trim() || undefined;
    if (given !== undefined) {
      this.#problem(name, `is set, and ${name}_FILE too; give one of them`);
      return given;
    }
    try {
      const text = readSecret(file);
      if (text !== "") return text;
      this.#problem(`${name}_FILE`, `${JSON.stringify(file)} is empty`);
      return undefined;
    } catch (error) {
      this.#problem(`${name}_FILE`, `${JSON.stringify(file)} cannot be read: ${reason(error)}`);
      return undefined;
    }
  }

  #read(name: string, { schema, secret }: Setting<unknown>, text: string): unknown {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const shown = secret ? "the value" : JSON.stringify(text);
    for (const { message } of result.error.issues) this.#problem(name, `${shown} ${message}`);
    return undefined;
  }

  #secret(name: string): Secret | undefined {
    const file = this.#variables[`${name}_FILE`] || undefined;
    const given = this.#variables[name] || undefined;
    if (given !== undefined) return createSecret(() => given);
    return file === undefined ? undefined : createSecret(() => readSecret(file));
  }
}

/** Editors and shells end a file with a line feed that is no part of the secret. */
function readSecret(file: string): string {
  return readFileSync(file, "utf8").replace(/\r?\n$/, "");
}
