import type { Made, Mover } from "../../infer/moving-values.ts";
import type { Oid, PgType } from "../../model/catalog.ts";
import type { Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { Page } from "../../model/sql.ts";
import { parseStatement, type RawStatement } from "../../postgres/raw-parse.ts";
import { afterCondition, type Key } from "./after.ts";
import { placeOf, type Raw } from "./clauses.ts";
import type { Stretch } from "./cutting.ts";
import type { Alternative, OrderItem, Ordering } from "./ordering.ts";
import { Words } from "./words.ts";
import { renumbered } from "./writing.ts";

/** What a statement lacks to be read in pages. */
export interface Unpageable {
  readonly code: "keyset-shape" | "keyset-not-total";
  readonly message: string;
  readonly hint: string;
}

/** A query whose keys stand behind its columns, and of which a page's condition can be put behind WHERE. */
export interface Paged {
  readonly source: QuerySource;
  readonly raw: RawStatement;
  /** With the keys as its last columns. */
  readonly whole: Query;
  /** The order's items as they can be compared. */
  readonly keys: readonly Key[];
  readonly limit: Page["limit"];
}

/** Says what a statement lacks to be read in pages; null where nothing. */
export function shapeProblem({ kind, tree }: RawStatement, command: string): Unpageable | null {
  const problem = (message: string, hint: string): Unpageable => ({ code: "keyset-shape", message, hint });
  const select = tree as Raw;
  if (kind !== "SelectStmt" || (select.op && select.op !== "SETOP_NONE"))
    return problem(
      "@keyset is for a plain SELECT",
      "Make it a subquery of one: `select … from (…) s order by …`.",
    );
  if (command !== ":many") return problem(`@keyset is for :many, not ${command}`, "Write `:many`.");
  for (const [field, name] of [
    ["distinctClause", "DISTINCT"],
    ["groupClause", "GROUP BY"],
    ["havingClause", "HAVING"],
    ["lockingClause", "FOR UPDATE"],
    ["limitOffset", "OFFSET"],
  ] as const)
    if (select[field])
      return problem(
        `@keyset is for a SELECT without ${name}`,
        "Make it a subquery: `select … from (…) s order by …`.",
      );
  if ([select.targetList, select.sortClause].some(hasWindow))
    return problem(
      "@keyset is for a SELECT without window functions, which would see one page's rows only",
      "Make it a subquery: `select … from (…) s order by …`.",
    );
  if (!select.sortClause)
    return problem("@keyset needs an ORDER BY", "End it with a unique column: `order by name, id`.");
  if (!select.fromClause) return problem("@keyset needs a FROM", "There is nothing to read in pages.");
  if (changesRows(select))
    return problem(
      "@keyset is for a SELECT that changes nothing: this one would do so for each page",
      "Make the change a query of its own.",
    );
  const limit = limitOf(select);
  if (limit === null)
    return problem("@keyset needs a LIMIT that is a parameter or a number", "Write `limit @page_size`.");
  if ("param" in limit && placesOf(select, limit.param) > 1)
    return problem(
      "the parameter of LIMIT stands elsewhere too, and a page asks for one row more than it gives",
      "Give LIMIT a parameter of its own: `limit @page_size`.",
    );
  return null;
}

/** Tells whether a query in WITH is an INSERT, UPDATE, DELETE or MERGE. */
function changesRows({ withClause }: Raw): boolean {
  const ctes = ((withClause as Raw | undefined)?.ctes ?? []) as Raw[];
  return ctes.some(({ CommonTableExpr }) => !("SelectStmt" in ((CommonTableExpr as Raw).ctequery as Raw)));
}

/** Counts the places where a parameter stands. */
function placesOf(node: unknown, number: number): number {
  if (typeof node !== "object" || node === null) return 0;
  const { ParamRef, ...rest } = node as Raw;
  const own = ParamRef?.number === number ? 1 : 0;
  return Object.values(rest).reduce<number>((sum, one) => sum + placesOf(one, number), own);
}

/** Tells whether a function of the statement's own, not of a subquery, is computed over other rows. */
function hasWindow(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(hasWindow);
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(
    ([key, value]) => key === "over" || (key !== "SubLink" && hasWindow(value)),
  );
}

export function limitOf(select: Raw): Page["limit"] | null {
  let node = select.limitCount as Raw | undefined;
  while (node?.TypeCast) node = node.TypeCast.arg as Raw;
  if (node?.ParamRef) return { param: (node.ParamRef.number as number | undefined) ?? 0 };
  // `fetch first row only` has a number that is not written.
  const count =
    node?.A_Const?.location === -1 ? undefined : (node?.A_Const?.ival?.ival as number | undefined);
  return count === undefined ? null : { count };
}

/** Finds the word that begins the statement's own LIMIT or FETCH; -1 where it has none. */
const limitKeyword = (words: Words): number =>
  words.all.findLastIndex(({ text, depth }) => depth === 0 && (text === "limit" || text === "fetch"));

/** Places where the number that LIMIT has is written; null where it has none, or cannot be told. */
function placeOfCount(words: Words, raw: RawStatement): (Stretch & { readonly count: number }) | null {
  const limit = limitOf(raw.tree as Raw);
  if (limit === null || "param" in limit) return null;
  const keyword = limitKeyword(words);
  const { count } = limit;
  const word = words.all.find(
    ({ text }, i) => i > keyword && /^\d/.test(text) && Number(text.replaceAll("_", "")) === count,
  );
  return keyword === -1 || word === undefined ? null : { start: word.start, end: word.end, count };
}

/**
 * Adds the keys to a source, and a WHERE where there is none; where LIMIT is a number, it asks for one row more.
 * @param sent the same with its stars expanded
 */
export function withKeys(
  source: QuerySource,
  raw: RawStatement,
  { items }: Ordering,
  sent: { readonly text: string; readonly raw: RawStatement },
): { readonly source: QuerySource; readonly expressions: readonly string[] } | null {
  const words = new Words(source.text);
  const from = fromOf(words);
  if (from < 1) return null;
  const outputs = outputExpressions(new Words(sent.text), sent.raw);
  const edits: Edit[] = [];
  const written = items.map(({ expression, output }) => {
    if (output !== null) return outputs[output] ?? null;
    // The number of an output that is not known.
    return /^\d+$/.test(expression) ? null : expression;
  });
  if (written.includes(null)) return null;
  const keys = written.map((key) => operand(key!));
  // ORDER BY looks for a name among the outputs first: none of its own may be one of these.
  let name = "key";
  while (source.text.includes(`"${name} `)) name += "'";
  edits.push({
    at: words.all[from - 1]!.end,
    text: keys.map((key, i) => `, ${key} as "${name} ${i + 1}"`).join(""),
  });
  if ((raw.tree as Raw).whereClause) {
    const place = placeOf({ kind: "where", owner: raw.tree as Raw, statement: "select" }, words);
    if (!place) return null;
    if (words.split(place, "or").length > 1)
      edits.push(
        { at: words.all[place.from]!.start, text: "(" },
        { at: words.all[place.to - 1]!.end, text: ")" },
      );
  } else {
    const next = words.clauseEnd(from, (i) => AFTER_FROM.includes(words.word(i)));
    edits.push({ at: words.all[next - 1]!.end, text: " where true" });
  }
  const limit = placeOfCount(words, raw);
  if (limit !== null) edits.push({ at: limit.start, end: limit.end, text: String(limit.count + 1) });
  return { source: edited(source, edits), expressions: keys };
}

const fromOf = (words: Words): number =>
  words.all.findIndex(
    ({ text, depth }, i) => text === "from" && depth === 0 && words.word(i - 1) !== "distinct",
  );

const AFTER_FROM = ["window", "order", "limit", "offset", "fetch", "for"];

/** ORDER BY knows outputs by their names and numbers; WHERE does not. */
function outputExpressions(words: Words, raw: RawStatement): readonly string[] {
  const from = fromOf(words);
  const select = words.all.findIndex(({ text, depth }) => text === "select" && depth === 0);
  const runs = words.split({ from: select + 1, to: from }, ",");
  const targets = ((raw.tree as Raw).targetList ?? []) as Raw[];
  if (runs.length !== targets.length) return [];
  return runs.map(({ from: a, to: b }, i) => {
    const isNamed = (targets[i]!.ResTarget as Raw).name !== undefined;
    const end = isNamed ? (words.word(b - 2) === "as" ? b - 2 : b - 1) : b;
    return words.text.slice(words.all[a]!.start, words.all[end - 1]!.end);
  });
}

/** An expression as it can be compared: within parentheses, unless it is a column's name or a call. */
function operand(expression: string): string {
  const words = new Words(expression);
  const open = words.all.findIndex(({ text }) => text === "(");
  const end = open === -1 ? words.all.length : open;
  const isName = words.all
    .slice(0, end)
    .every(({ start, end: to }) => /^(?:[\w$\u0080-\uffff.]+|".*")$/s.test(expression.slice(start, to)));
  const names = words.all.slice(0, end);
  // `a.b` has a dot between each two; `not a` and `interval '1 day'` have none.
  const isPath =
    isName && words.word(0) !== "not" && names.every(({ text }, i) => (text === ".") === (i % 2 === 1));
  const isCall = open === -1 || words.isParenthesized({ from: open, to: words.all.length });
  return isPath && isCall ? expression : `(${expression})`;
}

/** A text in place of what stands from `at` to `end`, or of nothing. */
interface Edit {
  readonly at: number;
  readonly end?: number;
  readonly text: string;
}

function edited(source: QuerySource, edits: readonly Edit[]): QuerySource {
  let text = "";
  let at = 0;
  const moved: {
    readonly start: number;
    readonly length: number;
    readonly at: number;
    readonly longer: number;
  }[] = [];
  for (const edit of edits) {
    const { end = edit.at } = edit;
    text += source.text.slice(at, edit.at);
    const { length } = edit.text;
    moved.push({ start: text.length, length, at: edit.at, longer: length - (end - edit.at) });
    text += edit.text;
    at = end;
  }
  text += source.text.slice(at);
  return {
    ...source,
    text,
    toFile(offset) {
      let by = 0;
      for (const { start, length, at: place, longer } of moved) {
        if (offset < start) break;
        if (offset < start + length) return source.toFile(place);
        by += longer;
      }
      return source.toFile(offset - by);
    },
  };
}

/** The keys of a query, by what its last columns turned out to be. */
export function keysOf(
  whole: Query,
  expressions: readonly string[],
  { items }: Ordering,
  made: readonly Made[],
  hasOptional: boolean,
  typeOf: (oid: Oid) => PgType | undefined,
): Key[] {
  const first = whole.columns.length - items.length;
  return items.map(({ descends, nullsFirst }, i) => ({
    isRow: underDomains(whole.columns[first + i]!.type, typeOf)?.kind === "composite",
    expression: expressions[i]!,
    params: made[first + i]?.params ?? [],
    descends,
    nullsFirst,
    // A condition that may be left out proves nothing.
    nullable:
      whole.columns[first + i]!.nullable ||
      (hasOptional && whole.columns[first + i]!.because.code !== "not-null-column"),
  }));
}

/** The key of which no value can be read from a text: a row whose type has no name; null where each can. */
export function unreadable(
  whole: Query,
  { items }: Ordering,
  typeOf: (oid: Oid) => PgType | undefined,
): OrderItem | null {
  const first = whole.columns.length - items.length;
  const isPseudo = (oid: Oid): boolean => {
    const type = underDomains(oid, typeOf);
    return type?.kind === "array" ? isPseudo(type.element) : type?.kind === "pseudo";
  };
  return items.find((_, i) => isPseudo(whole.columns[first + i]!.type)) ?? null;
}

/** The key of which a row may have another value on the next page, and what makes it so; null where each stays. */
export function moving(
  made: readonly Made[],
  { items }: Ordering,
): { readonly item: OrderItem; readonly mover: Mover } | null {
  const first = made.length - items.length;
  for (const [i, item] of items.entries()) {
    const mover = made[first + i]?.mover;
    if (mover) return { item, mover };
  }
  return null;
}

function underDomains(oid: Oid, typeOf: (oid: Oid) => PgType | undefined): PgType | undefined {
  const type = typeOf(oid);
  return type?.kind === "domain" ? underDomains(type.base, typeOf) : type;
}

/** The condition of a page, for each order and each way in which values of its cursor can be NULL. */
export function behindText(
  { keys, whole }: Pick<Paged, "keys" | "whole">,
  { items }: Alternative,
  backwards: boolean,
  pattern: string,
): string {
  const own = items.map((i) => {
    const key = keys[i]!;
    return backwards ? { ...key, descends: !key.descends, nullsFirst: !key.nullsFirst } : key;
  });
  const first = whole.columns.length - keys.length;
  return ` and ${afterCondition(
    own,
    [...pattern].map((c) => c === "1"),
    (i) => `$${whole.params.length + 1 + i}::${whole.columns[first + items[i]!]!.display}`,
  )}`;
}

/** Gives what says that a row is one of its kind: its keys that are never NULL have these values. Without LIMIT, which hides that it is not. */
export async function isTotal(
  { source, keys, whole }: Paged,
  { items }: Alternative,
  least: string,
  analyze: (source: QuerySource, raw: RawStatement) => Promise<Query>,
): Promise<boolean> {
  const given = await parseStatement(least);
  const words = new Words(least);
  const place = given && placeOf({ kind: "where", owner: given.tree as Raw, statement: "select" }, words);
  const first = whole.columns.length - keys.length;
  const own = items.filter((i) => !keys[i]!.nullable);
  if (own.length === 0 || !place) return false;
  // Keys may have parameters, which are numbered as in the whole.
  const equal = own
    .map(
      (i, n) =>
        `${keys[i]!.expression} = $${whole.params.length + 1 + n}::${whole.columns[first + i]!.display}`,
    )
    .join(" and ");
  // What follows WHERE is WINDOW, of which nothing is used, ORDER BY and LIMIT.
  const asked = renumbered(`${least.slice(0, words.all[place.to - 1]!.end)} and ${equal}`);
  const raw = await parseStatement(asked);
  if (raw === null) return false;
  const query = await analyze({ ...source, text: asked, params: [], embeds: [], toFile: () => 0 }, raw);
  return query.rows.atMostOne;
}

/** LIMIT hides that there is another row. */
function withoutLimit(text: string): string {
  const words = new Words(text);
  const keyword = limitKeyword(words);
  return keyword === -1 ? text : text.slice(0, words.all[keyword]!.start);
}

/**
 * Asks for the rows of a text whose keys have these values: one at most, where they tell all rows apart.
 * @param params how many parameters the text has
 * @param columns how many columns
 * @param keys which of them are keys that are never NULL
 */
export function oneOfEach(
  text: string,
  params: number,
  columns: number,
  keys: readonly { readonly at: number; readonly display: string }[],
): string {
  const names = Array.from({ length: columns }, (_, i) => `c${i}`).join(", ");
  const equal = keys.map(({ at, display }, i) => `s.c${at} = $${params + 1 + i}::${display}`);
  return renumbered(
    `select from (${withoutLimit(text)}) s (${names}) where ${["true", ...equal].join(" and ")}`,
  );
}

/** Gives a text that changes with what a cursor says: the 32 bits of FNV-1a, which a page has, too. */
export function versionOf(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(texts.join("\n"))) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
