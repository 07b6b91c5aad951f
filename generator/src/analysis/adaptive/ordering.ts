import type { QueryFlag } from "../../model/source.ts";
import type { RawStatement } from "../../postgres/raw-parse.ts";
import { unquote } from "../../sql/quoting.ts";
import type { Raw } from "./clauses.ts";
import { columnName } from "./column-name.ts";
import { comparable, type Stretch } from "./cutting.ts";
import type { Run, Words } from "./words.ts";

/** An item of the statement's own ORDER BY. */
export interface OrderItem {
  /** As it stands. */
  readonly text: string;
  /** Without its direction. */
  readonly expression: string;
  /** Where that stands. */
  readonly place: Stretch;
  /**
   * What it is called in `@sort`: the column, or the output, that it names or is the expression of; else as PostgreSQL would call
   * it. Null where nothing calls it so alone.
   */
  readonly name: string | null;
  /** Which item of the select list it stands for, by its name or number; null for an expression over the rows of FROM. */
  readonly output: number | null;
  readonly descends: boolean;
  readonly nullsFirst: boolean;
  /** What is written of NULLs: `nulls last`, or "". */
  readonly nulls: string;
  /** Whether it names an operator of its own, so that nothing says what the other way round is. */
  readonly hasOperator: boolean;
}

/** The items, and where they stand. */
export interface Ordering {
  readonly items: readonly OrderItem[];
  readonly start: number;
  readonly end: number;
}

/** One of several orders, by its name. */
export interface Alternative {
  /** "" for the only one. */
  readonly label: string;
  /** Indexes of its items, in its order. */
  readonly items: readonly number[];
}

/** An alternative, and where its flag says it. */
export interface NamedOrder extends Alternative {
  readonly place: Stretch;
  /** With the bar that divides it from another. */
  readonly taken: Stretch;
}

/** A name of @sort that is none, and where it stands in the file. */
export interface UnknownItem extends Stretch {
  readonly name: string;
}

/**
 * Reads the ORDER BY of the statement itself; null where it has none that can be read.
 * @param sent the same with its stars expanded, where a name may be one of their outputs
 */
export function orderingOf(words: Words, raw: RawStatement, sent: RawStatement = raw): Ordering | null {
  const sorts = raw.kind === "SelectStmt" ? ((raw.tree as Raw).sortClause as Raw[] | undefined) : undefined;
  const keyword = words.all.findLastIndex(
    ({ text, depth }, i) => text === "order" && depth === 0 && words.word(i + 1) === "by",
  );
  if (!sorts || keyword === -1) return null;
  const to = words.clauseEnd(keyword, (i) => ["limit", "offset", "fetch", "for"].includes(words.word(i)));
  const runs = words.split({ from: keyword + 2, to }, ",");
  if (runs.length !== sorts.length) return null;
  const outputs = { written: targetsOf(raw), sent: targetsOf(sent) };
  const found = runs.map((run, i) => itemOf(words, run, sorts[i]!.SortBy as Raw, outputs));
  const items = found.map(({ isNamed, ...item }, i) => ({
    ...item,
    name: isNamed || !found.some((other, j) => j !== i && other.name === item.name) ? item.name : null,
  }));
  const last = words.all[to - 1];
  if (!last) return null;
  return { items, start: words.all[keyword + 2]!.start, end: last.end };
}

/** The select list as it is written, and as it is sent. */
interface Outputs {
  readonly written: readonly Raw[];
  readonly sent: readonly Raw[];
}

function targetsOf({ tree }: RawStatement): readonly Raw[] {
  return (((tree as Raw).targetList ?? []) as Raw[]).map(({ ResTarget }) => ResTarget as Raw);
}

function itemOf(
  words: Words,
  { from, to }: Run,
  sort: Raw,
  outputs: Outputs,
): OrderItem & { readonly isNamed: boolean } {
  let end = to;
  const nulls = ["first", "last"].includes(words.word(end - 1)) && words.word(end - 2) === "nulls";
  if (nulls) end -= 2;
  if (["asc", "desc"].includes(words.word(end - 1))) end--;
  const { operator, hasOperator } = usedOperator(sort);
  if (operator !== null) end = words.lastIn({ from, to: end }, "using");
  const text = (a: number, b: number): string => words.text.slice(words.all[a]!.start, words.all[b - 1]!.end);
  const descends = sort.sortby_dir === "SORTBY_DESC" || operator === ">";
  return {
    text: text(from, to),
    expression: text(from, end),
    place: { start: words.all[from]!.start, end: words.all[end - 1]!.end },
    ...meantBy(sort.node as Raw, outputs),
    descends,
    nullsFirst:
      sort.sortby_nulls === "SORTBY_NULLS_DEFAULT" ? descends : sort.sortby_nulls === "SORTBY_NULLS_FIRST",
    nulls: nulls ? ` ${text(to - 2, to)}` : "",
    hasOperator,
  };
}

/** Reads USING: `using >` is DESC, and `using <` is ASC. */
function usedOperator({ sortby_dir, useOp }: Raw): {
  readonly operator: "<" | ">" | null;
  readonly hasOperator: boolean;
} {
  if (sortby_dir !== "SORTBY_USING") return { operator: null, hasOperator: false };
  const names = (useOp as Raw[]).map((name) => name.String?.sval as string);
  const own = names.at(-1);
  const isUsual = names.length === 1 || names[0] === "pg_catalog";
  const operator = isUsual && (own === "<" || own === ">") ? own : null;
  return { operator, hasOperator: operator === null };
}

/** Gives what an item of ORDER BY stands for: PostgreSQL looks for an output of that name or number first, and then for an equal one. */
function meantBy(
  node: Raw,
  { written, sent }: Outputs,
): Pick<OrderItem, "name" | "output"> & { readonly isNamed: boolean } {
  const nameOf = ({ name, val }: Raw): string | null => (name as string | undefined) ?? columnName(val);
  const fields = (node.ColumnRef?.fields ?? []) as Raw[];
  const own = fields.length === 1 ? (fields[0]?.String?.sval as string | undefined) : undefined;
  const number = node.A_Const?.ival?.ival as number | undefined;
  const isStar = ({ val }: Raw): boolean => val?.ColumnRef?.fields?.at(-1)?.A_Star !== undefined;
  if (number !== undefined) {
    // What stands behind a star has another number.
    const output = written[number - 1];
    const isKnown = output !== undefined && !written.slice(0, number).some(isStar);
    return { name: isKnown ? nameOf(output) : null, output: isKnown ? number - 1 : null, isNamed: true };
  }
  if (own !== undefined) {
    const at = sent.findIndex((output) => nameOf(output) === own);
    return { name: own, output: at === -1 ? null : at, isNamed: true };
  }
  if (fields.length > 0) return { name: columnName(node), output: null, isNamed: true };
  const same = written.find(({ val }) => comparable(val) === comparable(node));
  return { name: same ? nameOf(same) : columnName(node), output: null, isNamed: same !== undefined };
}

// What follows a quote that ends a name is no quote: `""` stands for one.
const QUOTED = '"(?:[^"]|"")*"(?!")';
const PART = new RegExp(`(?:${QUOTED}|[^|])+`, "g");
const LABEL = new RegExp(`^((?:${QUOTED}|[^":])*):`);
const NAME = new RegExp(`(?:${QUOTED}|[^,\\s])+`, "g");
const ONLY_QUOTED = new RegExp(`^${QUOTED}$`);

/** Reads a name of `@sort`, which is quoted where it has what would end it. */
function plain(written: string): string {
  return ONLY_QUOTED.test(written) ? unquote(written) : written;
}

/** The alternatives that `@sort` gives, each ended by the items that none of them names. */
export function alternativesOf(
  flags: readonly QueryFlag[],
  { items }: Ordering,
): { readonly alternatives: readonly NamedOrder[]; readonly unknown: readonly UnknownItem[] } {
  const unknown: UnknownItem[] = [];
  const named = flags.flatMap((flag) =>
    Array.from(flag.text.matchAll(PART), (part) => {
      const [lead = "", before = null] = LABEL.exec(part[0]) ?? [];
      const label = before === null ? null : plain(before.trim());
      const found = Array.from(part[0].slice(lead.length).matchAll(NAME), (word) => {
        const [written] = word;
        const called = plain(written);
        const index = items.findIndex(({ name, expression }) => name === called || expression === written);
        const at = flag.start + part.index + lead.length + word.index;
        if (index === -1) unknown.push({ name: called, start: at, end: at + written.length });
        return { index, name: called };
      });
      const shown = part[0].trim();
      const start = flag.start + part.index + part[0].indexOf(shown);
      const end = start + shown.length;
      const behind = flag.start + part.index + part[0].length;
      const isFirst = part.index === 0;
      const isLast = behind === flag.start + flag.text.length;
      const taken =
        isFirst && isLast
          ? flag.line
          : isFirst
            ? { start, end: behind + 1 + /^\s*/.exec(flag.text.slice(behind + 1 - flag.start))![0].length }
            : { start: flag.start + flag.text.slice(0, part.index - 1).trimEnd().length, end };
      return {
        label: label ?? found[0]?.name ?? "",
        own: found.map(({ index }) => index),
        place: { start, end },
        taken,
      };
    }),
  );
  const taken = new Set(named.flatMap(({ own }) => own));
  const ties = items.map((_, i) => i).filter((i) => !taken.has(i));
  return { alternatives: named.map(({ own, ...one }) => ({ ...one, items: [...own, ...ties] })), unknown };
}

/** The order as SQL, of which each alternative has two: as it is, and backwards. */
export function orderText(
  items: readonly OrderItem[],
  { items: own }: Alternative,
  backwards: boolean,
  mirrors: boolean,
): string {
  return own
    .map((i) => {
      const { text, expression, descends, nulls, nullsFirst } = items[i]!;
      if (!backwards) return text;
      // What is walked back over must be the same order.
      const where = mirrors ? ` nulls ${nullsFirst ? "last" : "first"}` : nulls;
      return `${expression}${descends ? "" : " desc"}${where}`;
    })
    .join(", ");
}

/** Gives what `orderText` must parse to. */
export function orderTree(
  sorts: readonly Raw[],
  items: readonly OrderItem[],
  { items: own }: Alternative,
  backwards: boolean,
  mirrors: boolean,
): Raw[] {
  return own.map((i) => {
    const sort = sorts[i]!.SortBy as Raw;
    if (!backwards) return sorts[i]!;
    const { descends, nullsFirst } = items[i]!;
    const nulls = mirrors ? (nullsFirst ? "SORTBY_NULLS_LAST" : "SORTBY_NULLS_FIRST") : sort.sortby_nulls;
    const { useOp: _, ...rest } = sort;
    return {
      SortBy: {
        ...rest,
        sortby_dir: descends ? "SORTBY_DEFAULT" : "SORTBY_DESC",
        sortby_nulls: nulls,
      },
    };
  });
}
