import { type Files, textOf } from "../../files/files.ts";
import * as paths from "../../files/paths.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { compareFiles } from "../file-order.ts";
import type { Piece } from "../templates/go-template.ts";
import { locate } from "../templates/pieces.ts";
import { changeInSql, decidesNoType } from "./changelog-changes.ts";
import { type ChangelogNode, isChangelog, readNodes } from "./changelog-nodes.ts";
import { endedByDelimiter, fromLiquibase, isForPostgres, passesOver } from "./liquibase.ts";
import { NO_PLACEHOLDERS, type Placeholders } from "./placeholders.ts";

/** What changelogs include, by path. Plain data, so that it can be part of a cache's key. */
export type Changelogs = readonly (readonly [path: string, text: string])[];

interface Found {
  readonly pieces: Piece[];
  readonly diagnostics: Diagnostic[];
}

/** Reads all that the changelogs among the files include. */
export async function readChangelogs(
  from: Files,
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<Changelogs> {
  const included = new Map<string, string>();
  const queue = files.filter((path) => isChangelog(path, texts.get(path) ?? ""));
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const text = included.get(path) ?? texts.get(path) ?? "";
    for (const node of nodesOf(path, text)) {
      for (const [candidates, isFolder] of inclusionsOf(path, node)) {
        for (const candidate of candidates) {
          const found = isFolder ? await filesIn(from, candidate) : [candidate];
          const read = await Promise.all(found.map(async (one) => [one, await textOf(from, one)] as const));
          const there = read.filter((one): one is readonly [string, string] => one[1] !== null);
          for (const [one, own] of there) {
            if (included.has(one)) continue;
            included.set(one, own);
            if (isChangelog(one, own)) queue.push(one);
          }
          if (there.length > 0) break;
        }
      }
    }
  }
  return [...included];
}

const filesIn = async (from: Files, folder: string): Promise<string[]> => {
  const entries = await from.list(folder).catch(() => []);
  return entries
    .filter(({ name, kind }) => kind === "file" && /\.(?:sql|xml|ya?ml|json)$/i.test(name))
    .map(({ name }) => paths.join(folder, name))
    .sort(compareFiles);
};

function nodesOf(path: string, text: string): readonly ChangelogNode[] {
  try {
    return readNodes(path, text);
  } catch {
    return [];
  }
}

/** Finds where what a node includes may lie: beside the changelog, or where the classpath begins, which is the configuration's folder or one between. */
function inclusionsOf(
  from: string,
  node: ChangelogNode,
): (readonly [candidates: string[], isFolder: boolean])[] {
  if (node.name === "changeSet") return node.children.flatMap((child) => inclusionsOf(from, child));
  if (node.name === "changes") return node.children.flatMap((child) => inclusionsOf(from, child));
  const isFolder = node.name === "includeAll";
  const file = node.attributes.get(isFolder || node.name === "sqlFile" ? "path" : "file");
  if (file === undefined || !["include", "includeAll", "sqlFile"].includes(node.name)) return [];
  const name = file.replace(/^classpath:\/?/, "").replace(/\/$/, "");
  const candidates: string[] = [];
  for (let folder = paths.dirname(from); ; folder = paths.dirname(folder)) {
    candidates.push(paths.join(folder, name));
    if (folder === "." || folder.endsWith("..")) break;
  }
  const isRelative = node.attributes.get("relativeToChangelogFile")?.toLowerCase() === "true";
  return [[isRelative ? candidates : [...candidates].reverse(), isFolder]];
}

/** The changelog of a folder that none of its others includes; null where it has none, or several. */
export async function changelogOf(from: Files, folder: string): Promise<string | null> {
  const entries = await from.list(folder).catch(() => []);
  const texts = new Map<string, string>();
  for (const { name, kind } of entries) {
    if (kind !== "file" || !/changelog.*\.(?:xml|ya?ml|json)$/i.test(name)) continue;
    const path = paths.join(folder, name);
    const text = (await textOf(from, path)) ?? "";
    if (isChangelog(path, text) && nodesOf(path, text).length > 0) texts.set(path, text);
  }
  const included = new Set<string>();
  for (const path of texts.size > 1 ? texts.keys() : [])
    for (const [other] of await readChangelogs(from, [path], texts)) included.add(other);
  const roots = [...texts.keys()].filter((path) => !included.has(path));
  return roots.length === 1 ? roots[0]! : null;
}

/** A changelog as the SQL that it leads to, and what in it is not known; null for a file that is none. */
export function fromChangelog(
  path: string,
  text: string,
  changelogs: Changelogs,
  given: Placeholders = NO_PLACEHOLDERS,
): { readonly file: SchemaFile; readonly diagnostics: readonly Diagnostic[] } | null {
  if (!isChangelog(path, text)) return null;
  const found: Found = { pieces: [], diagnostics: [] };
  const values = propertiesOf([[path, text], ...changelogs], given);
  write(path, text, new Map(changelogs), values, [], found);
  const { pieces, diagnostics } = found;
  const sql = pieces.map((piece) => piece.text).join("");
  if (pieces.length === 0) return { file: { path, text: "" }, diagnostics };
  return { file: { path, text: sql, locate: (start, end) => locate(pieces, start, end) }, diagnostics };
}

/** The properties of changelogs: the first for PostgreSQL counts, and what is given goes before all. */
function propertiesOf(changelogs: Changelogs, given: Placeholders): ReadonlyMap<string, string> {
  const values = new Map(given.values);
  for (const [path, text] of changelogs) {
    if (!isChangelog(path, text)) continue;
    for (const { name, attributes } of nodesOf(path, text)) {
      const [own, dbms = ""] = [attributes.get("name"), attributes.get("dbms")];
      if (name !== "property" || own === undefined || values.has(own)) continue;
      if (dbms === "" || isForPostgres(`dbms:"${dbms}"`)) values.set(own, attributes.get("value") ?? "");
    }
  }
  return values;
}

const PLACEHOLDER = /\$\{([^}\r\n]*)\}/g;

/** A text with its placeholders filled in, as far as they have values, in stretches. */
function filledIn(text: string, values: ReadonlyMap<string, string>): Omit<Piece, "file">[] {
  const pieces: Omit<Piece, "file">[] = [];
  let at = 0;
  for (const { 0: whole, 1: name, index } of text.matchAll(PLACEHOLDER)) {
    const value = values.get(name!.trim());
    if (value === undefined) continue;
    const end = index + whole.length;
    pieces.push({ text: text.slice(at, index), start: at, end: index }, { text: value, start: index, end });
    at = end;
  }
  return [...pieces, { text: text.slice(at), start: at, end: text.length }];
}

function withValues(node: ChangelogNode, values: ReadonlyMap<string, string>): ChangelogNode {
  const fill = (text: string) =>
    filledIn(text, values)
      .map((piece) => piece.text)
      .join("");
  const text = fill(node.text);
  return {
    ...node,
    attributes: new Map([...node.attributes].map(([name, value]) => [name, fill(value)])),
    children: node.children.map((child) => withValues(child, values)),
    text,
    textStart: text === node.text ? node.textStart : null,
  };
}

/** Says that a change set runs whatever its precondition says: for a database that has nothing, most hold. */
export function unaskedCondition(span: Span): Diagnostic {
  return {
    code: "schema-precondition",
    severity: "info",
    message: "preconditions are not asked: the change sets that have them are applied",
    hint: "Where one is passed over in a new database, name the file that `liquibase update-sql` writes under `schema:`.",
    span,
  };
}

function write(
  path: string,
  text: string,
  included: ReadonlyMap<string, string>,
  values: ReadonlyMap<string, string>,
  outer: readonly string[],
  found: Found,
): void {
  const file = { path, text };
  const report = (code: string, message: string, hint: string, start: number, end: number): void => {
    found.diagnostics.push({ code, severity: "error", message, hint, span: { file: path, start, end } });
  };
  const put = (sql: string, start: number, end: number): void => {
    found.pieces.push({ text: sql, file, start, end });
  };
  const include = (node: ChangelogNode): void => {
    for (const [candidates, isFolder] of inclusionsOf(path, node)) {
      const first = candidates.find((one) =>
        isFolder ? [...included.keys()].some((key) => paths.dirname(key) === one) : included.has(one),
      );
      const files = isFolder
        ? [...included.keys()].filter((key) => paths.dirname(key) === first).sort(compareFiles)
        : first === undefined
          ? []
          : [first];
      if (files.length === 0 || files.some((one) => outer.includes(one) || one === path)) {
        const what = node.attributes.get("file") ?? node.attributes.get("path") ?? "";
        const why = files.length === 0 ? "which is not there" : "which includes it";
        const hint =
          "Its path is taken from the changelog's own folder, or from one above up to the configuration's.";
        report("template-missing", `the changelog reads ${what}, ${why}`, hint, node.start, node.end);
        continue;
      }
      for (const one of files) {
        const own = included.get(one)!;
        if (isChangelog(one, own)) write(one, own, included, values, [...outer, path], found);
        else {
          const from = { path: one, text: own };
          found.pieces.push(
            ...filledIn(fromLiquibase(own), values).map((piece) => ({ ...piece, file: from })),
          );
          found.pieces.push({
            text: "\n;\n",
            file: { path: one, text: own },
            start: own.length,
            end: own.length,
          });
        }
      }
    }
  };
  let nodes: readonly ChangelogNode[];
  try {
    nodes = readNodes(path, text).map((node) => withValues(node, values));
  } catch (error) {
    const [message] = (error as Error).message.split("\n");
    report(
      "schema-changelog",
      `the changelog cannot be read: ${message}`,
      "Mend it where Liquibase points.",
      0,
      0,
    );
    return;
  }
  for (const node of nodes) {
    if (node.name !== "changeSet") {
      include(node);
      continue;
    }
    const dbms = node.attributes.get("dbms") ?? "";
    if (dbms !== "" && !isForPostgres(`dbms:"${dbms}"`)) continue;
    if (node.attributes.get("ignore")?.toLowerCase() === "true") continue;
    const condition = node.children.find(({ name }) => name === "preConditions");
    if (
      condition &&
      passesOver(condition.attributes.get("onFail")) &&
      !found.diagnostics.some(({ code, span }) => code === "schema-precondition" && span?.file === path)
    )
      found.diagnostics.push(unaskedCondition({ file: path, start: condition.start, end: condition.end }));
    const changes = node.children.flatMap((child) => (child.name === "changes" ? child.children : [child]));
    for (const change of changes) {
      const own = change.attributes.get("dbms") ?? "";
      if (decidesNoType(change.name) || node.attributes.has(change.name)) continue;
      if (own !== "" && !isForPostgres(`dbms:"${own}"`)) continue;
      if (change.name === "sqlFile") include(change);
      else if (change.name === "sql" || change.name === "createProcedure") {
        const sql = change.text || change.attributes.get("procedureText") || "";
        const at = change.textStart;
        const delimiter = change.attributes.get("endDelimiter") ?? null;
        const ended = sql.replace(/[^\n]*(?:\n|$)/g, (line) => endedByDelimiter(line, delimiter));
        put(ended, at ?? change.start, at === null ? change.end : at + sql.length);
        put("\n;\n", change.end, change.end);
      } else {
        const sql = changeInSql(change);
        if (sql !== null) put(`${sql};\n`, change.start, change.end);
        else
          report(
            "schema-changelog",
            `the change ${change.name} of changeSet ${node.attributes.get("id") ?? ""} is not known, and left out`,
            "Write it as `sql`; or let `liquibase update-sql` write the whole of it, and name that file under `schema:`.",
            change.start,
            change.end,
          );
      }
    }
  }
}
