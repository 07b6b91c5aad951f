declare const cursorOf: unique symbol;

/** A place between two rows of a query, as a text that can be kept and sent. It says nothing to anybody but that query. */
export type Cursor<Q extends string> = string & { readonly [cursorOf]: Q };

/** Some of a query's rows, and where the next ones begin. */
export interface Page<R, C> {
  readonly rows: R[];
  /** Behind the last row, for `after`; null where no rows follow. */
  readonly next: C | null;
  /** In front of the first row, for `before`; null where no rows precede. */
  readonly previous: C | null;
}

// biome-ignore lint/suspicious/noExplicitAny: each value is text or null; the generated code knows which
type PageRow = any[];

/** What a page is asked by. */
interface PageArgs {
  readonly sort?: string | undefined;
  readonly reverse?: boolean | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
  /** What orders are made of, each as it is sent; undefined for what is not given. */
  readonly made?: Readonly<Record<string, unknown>> | undefined;
}

/** How a query is read in pages. */
interface PagedQuery {
  readonly query: string;
  /** Changes with the query and its orders. */
  readonly version: string;
  /** The names of its orders, which of a row's values are the keys of each, which of these can be null, and which arguments they are made of. */
  readonly orders: readonly (readonly [
    name: string,
    keys: readonly number[],
    nullable?: readonly number[],
    made?: readonly string[],
  ])[];
  /** Those of these that are dates or times, each with whether it is a time of day that has an offset. */
  readonly times?: readonly (readonly [name: string, isZoned: boolean])[];
  /** Those of the keys that have dates or times. */
  readonly dated?: readonly number[];
}

/** Of one call: what of its statement is sent, and what becomes of the rows. */
interface PageOf<C> {
  readonly order: number;
  readonly cursor: (string | null)[] | undefined;
  read<R>(
    rows: readonly PageRow[],
    read: (row: PageRow) => R,
    size: number | string | null | undefined,
  ): Page<R, C>;
}

/** A cursor is none of this query, of this order, of these arguments, or of this release of it. */
export class CursorError extends TypeError {
  override readonly name = "CursorError";
}

/** Makes the function that says of a call which page it asks for. */
export function pages<C extends string>({
  query,
  version,
  orders,
  times = [],
  dated = [],
}: PagedQuery): (args: PageArgs) => PageOf<C> {
  return ({ sort, reverse = false, after, before, made: given = {} }) => {
    if (after != null && before != null)
      throw new TypeError(`${query}: a page is after a cursor or before one`);
    const isBackwards = before != null;
    const index = sort === undefined ? 0 : orders.findIndex(([one]) => one === sort);
    const own = orders[index];
    if (own === undefined) {
      const names = orders.map(([one]) => one).join(", ");
      throw new TypeError(`${query}: there is no order ${JSON.stringify(sort)}: ${names}`);
    }
    const [name, keys, nullable = [], made = []] = own;
    for (const [one, isZoned] of times) {
      const text = made.includes(one) ? given[one] : undefined;
      if (typeof text === "string" && movesByDay(text, isZoned))
        throw new TypeError(`${query}: ${one} is another time on the next page: ${JSON.stringify(text)}`);
    }
    const head = [version, name, ...(made.length > 0 ? [fingerprint(made.map((one) => given[one]))] : [])];
    const order = 2 * index + (reverse !== isBackwards ? 1 : 0);
    const write = (row: PageRow | undefined): C | null => {
      if (row === undefined) return null;
      const values = keys.map((key) => row[key]);
      const other = values.find((value, i) => dated.includes(keys[i]!) && NOT_ISO.test(value ?? ""));
      if (other !== undefined)
        throw new TypeError(
          `${query}: a cursor needs dates as ISO writes them, not ${other}: set DateStyle to ISO`,
        );
      return Buffer.from(JSON.stringify([...head, ...values])).toString("base64url") as C;
    };
    const asked = after ?? before;
    const cursor = asked == null ? undefined : readCursor(query, head, made, keys, nullable, asked);
    return {
      order,
      cursor,
      read(found, read, size) {
        const most = size == null ? found.length : Number(size);
        const kept = found.slice(0, most);
        if (isBackwards) kept.reverse();
        const isMore = found.length > most;
        const first = write(kept[0]);
        const last = write(kept.at(-1));
        return {
          rows: kept.map(read),
          next: isBackwards || isMore ? last : null,
          previous: (isBackwards ? isMore : cursor !== undefined) ? first : null,
        };
      },
    };
  };
}

function readCursor(
  query: string,
  head: readonly string[],
  made: readonly string[],
  keys: readonly number[],
  nullable: readonly number[],
  text: string,
): (string | null)[] {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {}
  const values = Array.isArray(read) ? read.slice(head.length) : [];
  const isOwn =
    Array.isArray(read) &&
    head.every((one, i) => i === OF_ARGUMENTS || read[i] === one) &&
    values.length === keys.length &&
    values.every((value, i) => (value === null ? nullable.includes(keys[i]!) : typeof value === "string"));
  if (!isOwn) throw new CursorError(`${query}: the cursor is none of this query in this order`);
  // Of other arguments the same row has another place.
  if (made.length > 0 && (read as unknown[])[OF_ARGUMENTS] !== head[OF_ARGUMENTS])
    throw new CursorError(
      `${query}: the cursor is of another ${made.join(" or ")}, by which rows are ordered`,
    );
  return values as (string | null)[];
}

/** Tells whether the text of a date or time says another one on another day: by a word, or by its lack of an offset, which is then that of the day. */
function movesByDay(text: string, isZoned: boolean): boolean {
  if (/\b(?:now|today|tomorrow|yesterday)\b/i.test(text)) return true;
  const parts = isZoned ? text.split(/[,[\](){}"]/) : [];
  const time = /\d:\d|\d\s*[ap]m\b|^\s*t?\d{4}(?:\d\d)?(?:\.\d+)?\s*$/i;
  return parts.some((part) => time.test(part) && !/\d\s*[+-]\s*\d|\d\s*(?:z|utc|gmt)\b/i.test(part));
}

/** Dates as other styles of DateStyle have them, which another session may read as other days: `29/03/2026`, `Sun Mar 29`. */
const NOT_ISO = /\b\d\d[-/.]\d\d[-/.]\d{4}|\b[A-Z][a-z]{2}\b/;

/** Where a cursor says of which arguments it is. */
const OF_ARGUMENTS = 2;

/** Gives a text that changes with the arguments: the 32 bits of FNV-1a. */
function fingerprint(values: readonly unknown[]): string {
  let hash = 0x811c9dc5;
  // What is not given is something else than null.
  for (const byte of Buffer.from(JSON.stringify(values.map((one) => (one === undefined ? [] : one)))))
    hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** One row more than asked for tells whether others follow. */
export function oneMore(size: number | string | null | undefined): string | null {
  if (size == null) return null;
  const count = Number(size);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`a page's size is a whole number from 1 to 2 ** 53 - 1, not ${size}`);
  return String(count + 1);
}
