import type { Override } from "../config/options/typescript.ts";
import { type Catalog, isDocumentType, type RelationColumn } from "../model/catalog.ts";
import type { Diagnostic } from "../model/diagnostic.ts";

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
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
/** Names, numbers, and the signs that types are made of; no statement, comment or template. */
const WORD = /[\p{ID_Continue}$]+|=>|\.\.\.|[\s|&,;:?.<>=[\](){}-]/uy;
/** The members of an object type, of which the tag's braces are its own. */
const MEMBERS = /^(?:readonly\s+)?(?:[\p{ID_Continue}$]+|"[^"]*"|'[^']*'|\[[^\]]*:[^\]]*\])\s*\??\s*:/u;
/** What a type goes on with; behind the braces it would be a part of the words, and the type another one. */
const GOES_ON = /^\s*(?:[|&]|\[\s*\])/;
const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")", "<": ">" };

/** Finds `@type {…}` in a comment; null where it has none. */
export function typeTag(comment: string): TypeTag | null {
  const found = TAG.exec(comment);
  if (!found) return null;
  const start = found.index + found[0].length;
  const closed = endOfType(comment, start);
  const goesOn = closed !== null && GOES_ON.test(comment.slice(closed + 1));
  const end = goesOn ? null : closed;
  const inner = end === null ? "" : comment.slice(start, end).trim();
  const type = MEMBERS.test(inner) ? `{ ${inner} }` : inner;
  const rest = end === null ? comment : `${comment.slice(0, found.index)}${comment.slice(end + 1)}`;
  return { type: type === "" ? null : type, goesOn, rest: rest.trim() };
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

/** Tells what is wrong with the types in comments. */
export function commentProblems(catalog: Catalog): Diagnostic[] {
  return taggedColumns(catalog).flatMap(({ column, tag }) =>
    tag.type === null
      ? {
          code: "comment-type",
          severity: "error",
          message: tag.goesOn
            ? `the comment on column ${column} has a type that goes on behind its \`@type {…}\``
            : `the comment on column ${column} has no TypeScript type in its \`@type {…}\``,
          hint: tag.goesOn
            ? "Write all of it between the braces, an object's own inside of them: `@type {{ id: number }[]}`."
            : 'Write a type between the braces, with all of its brackets closed; one of a module as `import("./conf.js").Conf`.',
        }
      : [],
  );
}

function taggedColumns(catalog: Catalog): { readonly column: string; readonly tag: TypeTag }[] {
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
      return tag === null ? [] : { column: `${relation.schema}.${relation.name}.${column.name}`, tag };
    }),
  );
}
