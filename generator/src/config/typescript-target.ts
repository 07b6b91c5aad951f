import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, stringify, type YAMLMap } from "yaml";
import type { Plugin } from "./plugins.ts";
import { isTypescriptPlugin } from "./typescript-plugin.ts";

/** What a configuration file becomes when TypeScript is asked for in every entry for PostgreSQL. */
export interface WithTypescript {
  /** The whole file; all that was there keeps its place, comments and all. */
  readonly text: string;
  /** The folders asked for, one for each entry that was given a target; empty where all had one. */
  readonly outs: readonly string[];
}

/**
 * Adds a target for each entry of an sqlc configuration of version 2 (YAML or JSON) that lacks one, under `options`, where
 * sqlc leaves it alone: it refuses a `gen.typescript`.
 * Null where that cannot be done by inserting text, or where the file is no such configuration.
 * @param out the folder for a single entry; with several, each gets one of its own below it
 */
export function withTypescriptTargets(text: string, out: string): WithTypescript | null {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = text.slice(mark.length);
  const read = readEntries(body, "sql");
  if (read === null || read.entries.length === 0) return null;
  const { root, entries } = read;
  const names = entries.map(({ entry }) => nameOf(entry));
  const missing = entries.flatMap(({ entry, index }, i) => {
    if (hasTarget(root, entry, index)) return [];
    return { index, out: entries.length === 1 ? out : `${out}/${unique(names, i)}` };
  });
  if (missing.length === 0) return { text, outs: [] };
  const result = insert(body, root, missing, entries.length > 1);
  // What was meant for a shape that was not foreseen may have gone astray.
  const after = result === null ? null : readEntries(result, "sql");
  if (after === null || !after.entries.every(({ entry, index }) => hasTarget(after.root, entry, index)))
    return null;
  return { text: mark + result, outs: missing.map((one) => one.out) };
}

/**
 * For a configuration of version 1, which has no place that sqlc leaves alone: a file of its own beside it.
 * Null where the file is none.
 */
export function besideVersion1(text: string, out: string): string | null {
  const read = readEntries(text.replace(/^\uFEFF/, ""), "packages");
  if (read === null || read.entries.length === 0) return null;
  const names = read.entries.map(({ entry }) => nameOf(entry));
  const sql = read.entries.map(({ entry }, i) => {
    const { schema, queries } = entry.toJSON() as { schema?: unknown; queries?: unknown };
    const folder = read.entries.length === 1 ? out : `${out}/${unique(names, i)}`;
    return { engine: "postgresql", schema, queries, gen: { typescript: { out: folder } } };
  });
  return stringify({ version: "2", sql });
}

interface Missing {
  readonly index: number;
  readonly out: string;
}

interface Entries {
  readonly root: YAMLMap;
  /** Those for PostgreSQL, with their places in the list. */
  readonly entries: readonly { readonly entry: YAMLMap; readonly index: number }[];
}

/** Null where the file has no such list of entries. */
function readEntries(body: string, key: "sql" | "packages"): Entries | null {
  const document = parseDocument(body, { prettyErrors: false });
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  const root = document.contents;
  const list = valueAt(root, key);
  if (!isSeq(list) || !list.items.every((item) => isMap(item))) return null;
  const entries = (list.items as YAMLMap[])
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => {
      const engine = valueAt(entry, "engine");
      return !isScalar(engine) || engine.value === "postgresql" || engine.value === null;
    });
  return { root, entries };
}

function hasTarget(root: YAMLMap, entry: YAMLMap, index: number): boolean {
  const gen = valueAt(entry, "gen");
  if (isMap(gen) && valueAt(gen, "typescript") !== null) return true;
  if (asksPlugin(root, entry)) return true;
  const { options } = root.toJSON() as {
    options?: Record<string, { typescript?: unknown } | undefined> | null;
  };
  const aside = options?.["solitude-gen"]?.typescript;
  if (!Array.isArray(aside)) return aside !== undefined;
  const name = valueAt(entry, "name");
  return aside.some(({ entry: of }) => of === index || (isScalar(name) && of === name.value));
}

/** Tells whether sqlc's TypeScript plugin is asked for, which `generate` stands for. */
function asksPlugin(root: YAMLMap, entry: YAMLMap): boolean {
  const { plugins } = root.toJSON() as { plugins?: Plugin[] | null };
  const { codegen } = entry.toJSON() as { codegen?: { plugin?: string }[] | null };
  const names = new Set((plugins ?? []).filter(isTypescriptPlugin).map(({ name }) => name));
  return (codegen ?? []).some(({ plugin = "" }) => names.has(plugin));
}

/** The file with the targets under `options`; null where they cannot be put there. */
function insert(body: string, root: YAMLMap, missing: readonly Missing[], isList: boolean): string | null {
  const options = valueAt(root, "options");
  const own = isMap(options) ? valueAt(options, "solitude-gen") : null;
  if (options !== null && !isMap(options)) return null;
  if (own !== null && (!isMap(own) || valueAt(own, "typescript") !== null)) return null;
  const isJson = body.trimStart().startsWith("{");
  const target =
    isJson || root.flow || options?.flow || (own as YAMLMap | null)?.flow
      ? flowTarget(missing, isList, isJson)
      : null;
  const parent = (own as YAMLMap | null) ?? options ?? root;
  const steps = own !== null ? [] : options !== null ? ["solitude-gen"] : ["options", "solitude-gen"];
  if (parent.flow || isJson) {
    const key = (name: string): string => (isJson ? JSON.stringify(name) : name);
    const text = steps.reduceRight((inner, step) => `${key(step)}: { ${inner} }`, target!);
    const insertion = parent.items.length === 0 ? null : beforeFirst(body, parent, text);
    return insertion && body.slice(0, insertion.at) + insertion.text + body.slice(insertion.at);
  }
  if (parent.items.length === 0) return null;
  const newLine = body.includes("\r\n") ? "\r\n" : "\n";
  const column = columnOf(body, startOf(parent.items[0] as Pair<Node, Node | null>));
  const lines = steps.map((step, depth) => `${" ".repeat(column + 2 * depth)}${step}:`);
  const indent = " ".repeat(column + 2 * steps.length);
  lines.push(`${indent}typescript:`);
  if (isList)
    for (const { index, out } of missing) lines.push(`${indent}  - { entry: ${index}, out: ${plain(out)} }`);
  else lines.push(`${indent}  out: ${plain(missing[0]!.out)}`);
  if (parent === root) {
    const end = body.endsWith("\n") || body === "" ? "" : newLine;
    return `${body}${end}${lines.join(newLine)}${newLine}`;
  }
  const at = body.lastIndexOf("\n", startOf(parent.items[0] as Pair<Node, Node | null>) - 1) + 1;
  return `${body.slice(0, at)}${lines.join(newLine)}${newLine}${body.slice(at)}`;
}

function flowTarget(missing: readonly Missing[], isList: boolean, isJson: boolean): string {
  const key = (name: string): string => (isJson ? JSON.stringify(name) : name);
  const out = (path: string): string => (isJson ? JSON.stringify(path) : plain(path));
  const one = isList
    ? `[${missing.map(({ index, out: path }) => `{ ${key("entry")}: ${index}, ${key("out")}: ${out(path)} }`).join(", ")}]`
    : `{ ${key("out")}: ${out(missing[0]!.out)} }`;
  return `${key("typescript")}: ${one}`;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Before the first key of a map in flow style, and set off from it as that is from what precedes it. */
function beforeFirst(body: string, map: YAMLMap, target: string): Insertion | null {
  const at = startOf(map.items[0] as Pair<Node, Node | null>);
  const gap = /\{(\s*)$/.exec(body.slice(0, at));
  return gap === null ? null : { at, text: `${target},${gap[1] === "" ? " " : gap[1]}` };
}

function valueAt(map: YAMLMap, key: string): Node | null {
  const pair = (map.items as Pair<Node, Node | null>[]).find(
    ({ key: own }) => isScalar(own) && own.value === key,
  );
  return pair?.value ?? null;
}

const startOf = (pair: Pair<Node, Node | null>): number => pair.key.range![0];

const columnOf = (body: string, at: number): number => at - (body.lastIndexOf("\n", at - 1) + 1);

/** A path as YAML takes it without quotes, else with them. */
const plain = (path: string): string => (/^[\w./][\w./-]*$/.test(path) ? path : JSON.stringify(path));

/** Gives what an entry is called: its own name, its Go package, or the folder of its queries. */
function nameOf(entry: YAMLMap): string {
  const js = entry.toJSON() as {
    name?: unknown;
    package?: unknown;
    queries?: unknown;
    gen?: { go?: { package?: unknown } } | null;
  };
  const queries = Array.isArray(js.queries) ? js.queries[0] : js.queries;
  const folder = typeof queries === "string" ? queries.replace(/\.sql$|\/*\*.*$|\/+$/g, "") : "";
  for (const candidate of [js.name, js.gen?.go?.package, js.package, folder.split("/").at(-1)]) {
    const name = String(candidate ?? "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    if (name !== "") return name;
  }
  return "entry";
}

function unique(names: readonly string[], index: number): string {
  const earlier = names.slice(0, index).filter((name) => name === names[index]).length;
  return earlier === 0 ? names[index]! : `${names[index]}-${earlier + 1}`;
}
