import { once } from "../model/once.ts";

const RESERVED_WORDS = new Set(
  `arguments async await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null package private
  protected public return static super switch this throw true try typeof undefined NaN Infinity var void while
  with yield of codec any unknown never string number boolean bigint symbol object globalThis`.split(/\s+/),
);

/** Names of types and globals that generated modules mention, which no model may take. */
export const TAKEN_TYPES: readonly string[] = [
  ..."Array AsyncIterable Boolean Buffer Date Error Iterable Number Object Promise PromiseSettledResult".split(
    " ",
  ),
  ..."Record String Symbol BigInt JSON Math RegExp RangeError TypeError AbortSignal Temporal".split(" "),
  ..."BatchOptions Client Codec CopyConfig DecodeError ExecResult Json QueryConfig QueryInfo QueryOptions".split(
    " ",
  ),
  ..."QueryResult Range RawText".split(" "),
];

const words = (name: string): string[] => name.split(/[^\p{L}\p{N}$]+/u).filter((w) => w !== "");
export const upperFirst = (w: string): string => w.charAt(0).toUpperCase() + w.slice(1);
const lowerFirst = (w: string): string => w.charAt(0).toLowerCase() + w.slice(1);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export const isIdentifier = (name: string): boolean => IDENTIFIER.test(name);

/** `user_id` becomes `userId`; `userId` stays; a name all in capitals is lowered first. */
export function camelCase(name: string): string {
  const parts = words(/[a-z]/.test(name) ? name : name.toLowerCase());
  return lowerFirst(parts.map((w, i) => (i === 0 ? w : upperFirst(w))).join(""));
}

export function pascalCase(name: string): string {
  const joined = words(name).map(upperFirst).join("");
  if (joined === "") return "Unnamed";
  return isIdentifier(joined) ? joined : `_${joined.replace(/[^\p{ID_Continue}$]/gu, "_")}`;
}

/** The name of a query's function, spelled as sqlc-gen-typescript does. */
export function functionName(query: string): string {
  const name = lowerFirst(query);
  return RESERVED_WORDS.has(name) ? `${name}_` : name;
}

export function propertyName(
  sqlName: string,
  style: "camel" | "preserve",
  rename: Readonly<Record<string, string>>,
): string {
  const names = once(properties[style], rename, () => new Map<string, string>());
  return once(names, sqlName, () => nameProperty(sqlName, style, rename));
}

type Renames = Readonly<Record<string, string>>;
const properties = {
  camel: new WeakMap<Renames, Map<string, string>>(),
  preserve: new WeakMap<Renames, Map<string, string>>(),
};

function nameProperty(sqlName: string, style: "camel" | "preserve", rename: Renames): string {
  const renamed = Object.hasOwn(rename, sqlName) ? rename[sqlName] : undefined;
  if (renamed !== undefined) return renamed;
  const name = style === "camel" ? camelCase(sqlName) : sqlName;
  return name === "" ? "column" : name;
}

/** Tells how a property is declared; `__proto__` would set the prototype unless computed. */
export function propertyKey(name: string): string {
  return isIdentifier(name) && name !== "__proto__" ? name : JSON.stringify(name);
}
export function literalKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : propertyKey(name);
}
/**
 * An object of these members, whose values are expressions of the type. It is made of entries where one is called as what every
 * object has: a literal would set the prototype, or be taken for another type that has such a method.
 */
export function objectText(
  members: readonly (readonly [name: string, value: string])[],
  type: string,
): string {
  if (!members.some(([name]) => name in Object.prototype))
    return `{ ${members.map(([name, value]) => `${propertyKey(name)}: ${value}`).join(", ")} }`;
  const entries = members.map(([name, value]) => `[${JSON.stringify(name)}, ${value}]`);
  return `/* @__PURE__ */ Object.fromEntries<${type}>([${entries.join(", ")}])`;
}
export function access(object: string, name: string): string {
  return isIdentifier(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}

/** Gives each name once; a second asker gets `name2`, `name3` … */
export class Namer {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** One by whom the same names are taken. */
  copy(): Namer {
    return new Namer(this.#taken);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  take(name: string): string {
    let free = name;
    for (let n = 2; this.#taken.has(free); n++) free = `${name}${n}`;
    this.#taken.add(free);
    return free;
  }
}

/** Reasons as a line of a doc comment. They may begin with a name, whose case counts. */
export function whyOf(steps: readonly string[]): string {
  return `Why: ${steps.join("; ")}.`;
}

/** A doc comment, or nothing. */
export function docComment(lines: readonly string[], indent = ""): string {
  const safe = lines
    .flatMap((l) => l.split(/\r\n|[\n\r\u2028\u2029]/))
    .map((l) => l.trimEnd().replaceAll("*/", "*\\/"));
  while (safe.length > 0 && safe[0]?.trim() === "") safe.shift();
  while (safe.length > 0 && safe.at(-1)?.trim() === "") safe.pop();
  if (safe.length === 0) return "";
  if (safe.length === 1) return `${indent}/** ${safe[0]?.trim()} */\n`;
  return `${indent}/**\n${safe.map((l) => `${indent} * ${l}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** A string literal that has exactly this value: a template where that is readable. */
export function stringLiteral(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a template would hide
  if (/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029\ufeff]|\p{Surrogate}/u.test(text)) {
    return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  }
  return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}

/** Tells bundlers of each call that makes a codec that it may go where the codec is not used; those inside another too. */
export function pure(code: string): string {
  return code.replace(/\bcodec\.[a-z]\w*(?=[<(])/g, "/* @__PURE__ */ $&");
}
