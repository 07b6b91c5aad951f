import type { Override } from "../config/options/typescript.ts";
import { type Catalog, isDocumentType, type RelationColumn } from "../model/catalog.ts";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { inFile, type SchemaFile } from "../model/source.ts";
import { tokenize } from "../sql/lexer.ts";
import { textOf } from "../sql/quoting.ts";
import { overrideFor, saysType } from "./overrides.ts";

/** What a comment on a column says of its type. */
interface TypeTag {
  /** The TypeScript type, an object's with its braces; null where it is none. */
  readonly type: string | null;
  /** Whether a type stands there that goes on behind the braces. */
  readonly goesOn: boolean;
  /** What else the comment says. */
  readonly rest: string;
}

const TAG = /(^|\s)@type\s*\{/;
/** The tag as it is meant: without braces, or with a slip in the word. */
const LOOSE_TAG = /(?:^|\s)(@types?\b)/i;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
/** Names, numbers, and the signs that types are made of; no statement, comment or template. */
const WORD = /[\p{ID_Continue}$]+|=>|\.\.\.|[\s|&,;:?.<>=[\](){}-]/uy;
/** The members of an object type, of which the tag's braces are its own. */
const MEMBERS = /^(?:readonly\s+)?(?:[\p{ID_Continue}$]+|"[^"]*"|'[^']*'|\[[^\]]*:[^\]]*\])\s*\??\s*:/u;
/** What a type goes on with; behind the braces it would be a part of the words, and the type another one. */
const GOES_ON = /^\s*(?:[|&]|\[\s*\])/;
const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")", "<": ">" };

/** Two names with nothing between them, of which the first is no word of the language: `Conf Extra`. */
const TWO_NAMES =
  /(?<![\p{ID_Continue}$.])(?!(?:readonly|keyof|typeof|unique|infer|extends|is|asserts|in|new|abstract|as)\s)[\p{ID_Continue}$]+\s+(?!(?:extends|is|in|as)\s)[\p{ID_Continue}$]/u;
/** An operator with nothing behind it, or two in a row. */
const OPEN_END = /(?:[|&.]|=>)\s*(?:[|&,;\])>}]|$)/;

/** Tells whether no type is written like this, although its brackets are closed. */
function isNoType(written: string): boolean {
  const bare = written.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
  return TWO_NAMES.test(bare) || OPEN_END.test(bare);
}

/** Finds `@type {…}` in a comment; null where it has none. */
export function typeTag(comment: string): TypeTag | null {
  const found = TAG.exec(comment);
  if (!found) return LOOSE_TAG.test(comment) ? { type: null, goesOn: false, rest: comment.trim() } : null;
  const start = found.index + found[0].length;
  const closed = endOfType(comment, start);
  const goesOn = closed !== null && GOES_ON.test(comment.slice(closed + 1));
  const end = goesOn ? null : closed;
  const inner = end === null ? "" : comment.slice(start, end).trim();
  const type = MEMBERS.test(inner) ? `{ ${inner} }` : inner;
  const rest = end === null ? comment : `${comment.slice(0, found.index)}${comment.slice(end + 1)}`;
  return { type: type === "" || isNoType(inner) ? null : type, goesOn, rest: rest.trim() };
}

/** Gives where the brace stands that closes the type; null where none does, or something stands before it that is no part of a type. */
function endOfType(text: string, start: number): number | null {
  const open = ["}"];
  for (let at = start; at < text.length; ) {
    STRING.lastIndex = at;
    WORD.lastIndex = at;
    const token = (STRING.exec(text) ?? WORD.exec(text))?.[0];
    if (token === undefined) return null;
    const closing = CLOSING[token];
    if (closing !== undefined) open.push(closing);
    else if ("}])>".includes(token) && open.pop() !== token) return null;
    if (open.length === 0) return at;
    at += token.length;
  }
  return null;
}

/** Gives a comment without what it says of the type; null where nothing else is left. */
export function withoutTypeTag(comment: string | null): string | null {
  const tag = comment === null ? null : typeTag(comment);
  if (tag === null) return comment;
  return tag.rest === "" ? null : tag.rest;
}

/** The types that comments give to columns of JSON and arrays of it, as overrides, to which the configuration's own are preferred. */
export function commentOverrides(catalog: Catalog): Override[] {
  return taggedColumns(catalog).flatMap(({ column, tag }) =>
    tag.type === null ? [] : { column, ts_type: tag.type },
  );
}

/** Gives what the configuration says of stored columns of JSON as said of the views' columns that pass them on. */
export function passedOnOverrides(catalog: Catalog, overrides: readonly Override[]): Override[] {
  const ofColumns = overrides.filter((one) => one.column !== undefined && one.query === undefined);
  if (!ofColumns.some(saysType)) return [];
  return catalog.relations.flatMap((relation) =>
    relation.columns.flatMap(({ name, type, nullable, stored }): Override[] => {
      if (stored === undefined || !isDocumentType(catalog.types, type)) return [];
      const target = { type: catalog.types.get(type), nullable, origin: stored, query: null, name };
      const { nullable: _, ...said } = overrideFor(ofColumns, target);
      return saysType(said) ? [{ ...said, column: `${relation.schema}.${relation.name}.${name}` }] : [];
    }),
  );
}

/**
 * Tells what is wrong with the types in comments: each once, though views have the column, too.
 * @param schema the files where the comments stand
 */
export function commentProblems(catalog: Catalog, schema: readonly SchemaFile[] = []): Diagnostic[] {
  return taggedColumns(catalog).flatMap(({ column, tag, comment, isOwn }) => {
    const span = isOwn && tag.type === null ? placeOf(comment, schema) : null;
    return isOwn && tag.type === null
      ? {
          code: "comment-type",
          severity: "error",
          message: tag.goesOn
            ? `the comment on column ${column} has a type that goes on behind its \`@type {…}\``
            : `the comment on column ${column} has no TypeScript type in its \`@type {…}\``,
          hint: tag.goesOn
            ? "Write all of it between the braces, an object's own inside of them: `@type {{ id: number }[]}`."
            : 'Write a type between the braces, with all of its brackets closed; one of a module as `import("./conf.js").Conf`.',
          ...(span && { span }),
        }
      : [];
  });
}

/** Finds the tag of a comment in the last file that says it; null where it is written in another way than as a plain constant. */
function placeOf(comment: string, schema: readonly SchemaFile[]): Span | null {
  const tag = LOOSE_TAG.exec(comment)?.[1] ?? "";
  for (const file of schema.toReversed()) {
    const { path, text } = file;
    const found = tokenize(text).findLast(
      ({ kind, start, end }) => kind === "string" && textOf(text.slice(start, end)) === comment,
    );
    if (found === undefined) continue;
    const start = text.indexOf(tag, found.start);
    return inFile({ file: path, start, end: start + tag.length }, file);
  }
  return null;
}

interface TaggedColumn {
  readonly column: string;
  readonly tag: TypeTag;
  readonly comment: string;
  /** Whether it is the column's, and not that of the one that a view shows. */
  readonly isOwn: boolean;
}

function taggedColumns(catalog: Catalog): TaggedColumn[] {
  const byName = new Map(
    catalog.relations.flatMap((relation) =>
      relation.columns.map((column) => [`${relation.schema}\0${relation.name}\0${column.name}`, column]),
    ),
  );
  const commentOf = ({ comment, stored }: RelationColumn): string | null =>
    comment ??
    (stored ? (byName.get(`${stored.schema}\0${stored.table}\0${stored.column}`)?.comment ?? null) : null);
  return catalog.relations.flatMap((relation) =>
    relation.columns.flatMap((column) => {
      const comment = isDocumentType(catalog.types, column.type) ? commentOf(column) : null;
      const tag = comment === null ? null : typeTag(comment);
      if (comment === null || tag === null) return [];
      const name = `${relation.schema}.${relation.name}.${column.name}`;
      return { column: name, tag, comment, isOwn: column.comment !== null };
    }),
  );
}
