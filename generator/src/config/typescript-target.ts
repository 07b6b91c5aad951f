import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";

/** What a configuration file becomes when TypeScript is asked for in every entry for PostgreSQL. */
export interface WithTypescript {
  /** The whole file; all that was there keeps its place, comments and all. */
  readonly text: string;
  /** The folders asked for, one for each entry that was given a target; empty where all had one. */
  readonly outs: readonly string[];
}

/**
 * Adds `gen.typescript.out` to the entries of an sqlc configuration (either version, YAML or JSON) that lack it.
 * Null where that cannot be done by inserting text, as where `gen` is an alias, or where the file is no sqlc configuration.
 * @param out the folder for a single entry; with several, each gets one of its own below it
 */
export function withTypescriptTargets(text: string, out: string): WithTypescript | null {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = text.slice(mark.length);
  const entries = entriesOf(body);
  if (entries === null || entries.length === 0) return null;
  const names = entries.map((entry) => nameOf(entry));
  const insertions: Insertion[] = [];
  const outs: string[] = [];
  for (const [i, entry] of entries.entries()) {
    if (hasTarget(entry)) continue;
    const folder = entries.length === 1 ? out : `${out}/${unique(names, i)}`;
    const insertion = insertTarget(body, entry, folder);
    if (insertion === null) return null;
    insertions.push(insertion);
    outs.push(folder);
  }
  const result = insertions
    .sort((a, b) => b.at - a.at)
    .reduce((done, { at, text: added }) => done.slice(0, at) + added + done.slice(at), body);
  // What was meant for a shape that was not foreseen may have gone astray.
  return entriesOf(result)?.every(hasTarget) === true ? { text: mark + result, outs } : null;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** The entries for PostgreSQL; null where the file has no list of entries. */
function entriesOf(body: string): YAMLMap[] | null {
  const document = parseDocument(body, { prettyErrors: false });
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  const root = document.contents;
  const list = valueAt(root, "sql") ?? valueAt(root, "packages");
  if (!isSeq(list) || !list.items.every((item) => isMap(item))) return null;
  return (list.items as YAMLMap[]).filter((entry) => {
    const engine = valueAt(entry, "engine");
    return !isScalar(engine) || engine.value === "postgresql" || engine.value === null;
  });
}

function hasTarget(entry: YAMLMap): boolean {
  const gen = valueAt(entry, "gen");
  return isMap(gen) && valueAt(gen, "typescript") !== null;
}

function insertTarget(body: string, entry: YAMLMap, out: string): Insertion | null {
  const gen = valueAt(entry, "gen");
  if (isAlias(gen)) return null;
  const quoted = JSON.stringify(out);
  const isJson = body.trimStart().startsWith("{");
  const key = (name: string): string => (isJson ? `"${name}"` : name);
  const target = `${key("typescript")}: { ${key("out")}: ${isJson ? quoted : plain(out)} }`;
  if (isMap(gen) && gen.items.length > 0) return beforeFirst(body, gen, target);
  if (gen !== null || entry.flow) {
    return gen === null ? beforeFirst(body, entry, `${key("gen")}: { ${target} }`) : null;
  }
  const last = entry.items.at(-1) as Pair<Node, Node | null>;
  const indent = " ".repeat(columnOf(body, startOf(entry.items[0] as Pair<Node, Node | null>)));
  const end = body.slice(0, last.value?.range?.[1] ?? last.key.range![1]).trimEnd().length;
  const newLine = body.includes("\r\n") ? "\r\n" : "\n";
  const lineEnd = /\r?\n|$/.exec(body.slice(end))!.index + end;
  return {
    at: lineEnd,
    text: ["", `${indent}gen:`, `${indent}  typescript:`, `${indent}    out: ${plain(out)}`].join(newLine),
  };
}

/** Before the first key of a map, and set off from it as that is from what precedes it. */
function beforeFirst(body: string, map: YAMLMap, target: string): Insertion | null {
  const at = startOf(map.items[0] as Pair<Node, Node | null>);
  if (!map.flow) {
    const lineStart = body.lastIndexOf("\n", at - 1) + 1;
    const newLine = body.slice(0, lineStart).endsWith("\r\n") ? "\r\n" : "\n";
    return { at, text: `${target}${newLine}${" ".repeat(at - lineStart)}` };
  }
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

/** What an entry is called: its own name, its Go package, or the folder of its queries. */
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
