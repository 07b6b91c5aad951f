import { parseAllDocuments } from "yaml";

/** What a file of settings says: the dotted name of one, and its value. */
export type Setting = readonly [name: string, value: string];

/** Gives the settings of a tool's file, by what its name ends in; of one that cannot be read, what was read of it. */
export function settingsIn(path: string, text: string): Setting[] {
  if (/\.ya?ml$/i.test(path)) return inYaml(text);
  if (/\.toml$/i.test(path)) return inToml(text);
  return inProperties(text, /\.properties$/i.test(path));
}

/** @param hasEscapes Java's own have; Flyway's backslashes are what they are */
function inProperties(text: string, hasEscapes: boolean): Setting[] {
  const joined = hasEscapes ? text.replace(/(?<=(?:^|[^\\])(?:\\\\)*)\\\r?\n[ \t\f]*/g, "") : text;
  return joined.split(/\r?\n/).flatMap((line): Setting[] => {
    if (/^\s*[#!]/.test(line)) return [];
    const [, name, value] = /^\s*((?:\\.|[^\s:=\\])+)(?:\s*[:=]\s*|\s+)(.*)$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [[unescaped(name), (hasEscapes ? unescaped(value!) : value!).trim()]];
  });
}

const ESCAPED: Readonly<Record<string, string>> = { f: "\f", n: "\n", r: "\r", t: "\t" };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code?: string, sign?: string) =>
    code === undefined ? (ESCAPED[sign!] ?? sign!) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

const TOML_KEY = /(?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*/;
const TOML_VALUE = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,#}]+/;
const TOML_SECTION = new RegExp(String.raw`^\s*\[\s*(${TOML_KEY.source})\s*\]`);
const TOML_LINE = new RegExp(String.raw`^\s*(${TOML_KEY.source})\s*=\s*(.*)$`);
const TOML_PAIR = new RegExp(String.raw`(${TOML_KEY.source})\s*=\s*(${TOML_VALUE.source})`, "g");

/** Sections, strings and tables within a line: what settings of a tool are made of. */
function inToml(text: string): Setting[] {
  let section = "";
  return text.split(/\r?\n/).flatMap((line): Setting[] => {
    const head = TOML_SECTION.exec(line)?.[1];
    if (head !== undefined) {
      section = `${bare(head)}.`;
      return [];
    }
    const [, key, rest] = TOML_LINE.exec(line) ?? [];
    if (key === undefined) return [];
    const name = `${section}${bare(key)}`;
    if (rest!.startsWith("{"))
      return [...rest!.matchAll(TOML_PAIR)].map(([, own, value]) => [
        `${name}.${bare(own!)}`,
        inQuotes(value!),
      ]);
    const value = TOML_VALUE.exec(rest!)?.[0];
    return value === undefined ? [] : [[name, inQuotes(value)]];
  });
}

/** A dotted key without the quotes and blanks of its parts. */
function bare(key: string): string {
  return [...key.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(([, a, b, c]) => a ?? b ?? c).join(".");
}

function inQuotes(value: string): string {
  if (value.startsWith("'")) return value.slice(1, -1);
  return value.startsWith('"') ? unescaped(value.slice(1, -1)) : value;
}

/** Of several documents those that hold always: Spring has others for its profiles. */
function inYaml(text: string): Setting[] {
  return parseAllDocuments(text).flatMap((document) => {
    const found: Setting[] = [];
    if (!("toJS" in document)) return found;
    collect("", document.toJS(), found);
    return found.some(([name]) => /^spring\.(?:config\.activate\.on-profile|profiles)$/.test(name))
      ? []
      : found;
  });
}

function collect(name: string, value: unknown, found: Setting[]): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "object") {
    found.push([name, String(value)]);
    return;
  }
  for (const [key, own] of Object.entries(value)) collect(name === "" ? key : `${name}.${key}`, own, found);
}
