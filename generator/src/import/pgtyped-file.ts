import type { Diagnostic } from "../model/diagnostic.ts";
import { isComment, nextToken } from "../sql/lexer.ts";
import { type ImportedFile, type ImportedQuery, unconverted } from "./imported-query.ts";
import { colonPlaces, membersOf, type Transform, translate } from "./pgtyped-parameters.ts";
import { givesRows } from "./statement.ts";

const NAME = /@name\s+(\w+)/;
const PARAM =
  /@param\s+(\w+)\s*->\s*(\(\s*\((?<rows>[^()]*)\)\s*\.\.\.\s*\)|\(\s*\.\.\.\s*\)|\((?<object>[^()]*)\))/g;

/** Reads a file of pgtyped's: statements, each under a comment with `@name`. */
export function readPgtypedFile(file: string, text: string): ImportedFile {
  const queries: ImportedQuery[] = [];
  const problems: Diagnostic[] = [];
  let annotation: { readonly text: string; readonly start: number } | null = null;
  let comments: string[] = [];
  let start = -1;
  const finish = (end: number): void => {
    if (start === -1) return;
    const sql = text.slice(start, end);
    const span = { file, start: annotation?.start ?? start, end };
    if (annotation === null)
      problems.push(
        unconverted("a statement without `@name`", span, "Give it a name, or leave it to what runs it."),
      );
    else {
      const query = queryOf(annotation.text, sql, comments);
      if (typeof query === "string")
        problems.push(unconverted(query, span, "It stays as it is: write it by hand."));
      else queries.push(query);
    }
    annotation = null;
    comments = [];
    start = -1;
  };
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.end)) {
    const shown = text.slice(token.start, token.end);
    if (isComment(token)) {
      if (start !== -1) continue;
      if (token.kind === "block comment" && NAME.test(shown))
        annotation = { text: shown, start: token.start };
      else comments.push(...linesOf(shown));
    } else if (shown === ";") finish(token.start);
    else if (start === -1) start = token.start;
  }
  finish(text.length);
  return { queries, problems };
}

/** The comment's own lines, without its marks. */
function linesOf(comment: string): string[] {
  return comment
    .replace(/^\/\*+|\*+\/$|^--/g, "")
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*\*?\s?/, "").trimEnd())
    .filter((line) => line !== "");
}

function queryOf(annotation: string, sql: string, comments: readonly string[]): ImportedQuery | string {
  const name = NAME.exec(annotation)![1]!;
  const transforms = new Map<string, Transform>();
  for (const found of annotation.matchAll(PARAM)) {
    const { rows, object } = found.groups!;
    transforms.set(
      found[1]!,
      rows !== undefined
        ? { kind: "rows", members: membersOf(rows) }
        : object !== undefined
          ? { kind: "object", members: membersOf(object) }
          : { kind: "list" },
    );
  }
  const said = annotation
    .replace(NAME, "")
    .replace(PARAM, "")
    .split("\n")
    .flatMap(linesOf)
    .map((line) => line.trim());
  return query(name, sql, translate(sql, colonPlaces(sql, transforms)), [
    ...comments,
    ...said.filter((line) => line !== ""),
  ]);
}

/** Gives a query of pgtyped's as ours. @returns what is in the way, where something is */
export function query(
  name: string,
  sql: string,
  translated: ReturnType<typeof translate>,
  comments: readonly string[],
): ImportedQuery | string {
  // As it is with us: `$$ids` in a template begins what PostgreSQL would read as a string.
  const hasRows = givesRows(typeof translated === "string" ? sql : translated.sql);
  if (hasRows === null) return `${name} is no statement that gives or changes rows`;
  if (typeof translated === "string") return `${name}: ${translated}`;
  const upper = name.charAt(0).toUpperCase() + name.slice(1);
  return {
    name: upper,
    // With pgtyped every query gives a list.
    command: translated.isCopy ? ":copyfrom" : hasRows ? ":many" : ":exec",
    sql: translated.sql,
    comments,
    arguments: translated.arguments,
  };
}
