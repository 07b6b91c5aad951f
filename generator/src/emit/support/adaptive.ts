/** Text, a parameter by its place among the values, or what is there in some calls only. */
type Piece = string | number | When | Choice | Decided | Ordered | Behind;

/** `true` where the value of this bit is given, else `false`. */
interface Decided {
  readonly holds: number;
}

/** The items of ORDER BY, for each order. */
interface Ordered {
  readonly orders: readonly (readonly Piece[])[];
}

/** The condition of a page that does not begin at the start, by its order and which of its cursor's values are null. */
interface Behind {
  readonly behind: Readonly<Record<string, readonly Piece[]>>;
}

/** Which of the pieces are sent. */
interface Way {
  /** A bit for each parameter that is given. */
  readonly given: number;
  readonly order: number;
  /** Which of a cursor's values are null: `010`; undefined without a cursor. */
  readonly behind: string | undefined;
}

/** What is there where all parameters of these bits are given. */
interface When {
  readonly when: number;
  readonly of: readonly Piece[];
}

/** Items of which some are left out. */
interface Choice {
  /** Whether one that holds is enough (OR). */
  readonly any?: true;
  readonly open: readonly Piece[];
  readonly items: readonly Item[];
  readonly close: readonly Piece[];
  /** What stands there where none is kept; null where that cannot be sent. */
  readonly none: string | null;
}

interface Item {
  /** What stands in front of it where another is kept before it. */
  readonly lead: readonly Piece[];
  /** It is there where all parameters of these bits are given. */
  readonly when?: number;
  /** It asks whether the parameter of this bit is null. */
  readonly isNull?: number;
  readonly of: readonly Piece[];
}

interface Described {
  readonly name: string;
  readonly parameters?: readonly string[];
}

/** A variant's text, and what is sent with it. */
interface Variant<Q> {
  readonly text: string;
  readonly order: readonly number[];
  readonly query: Q;
  readonly name?: string;
}

/** Arguments of which one at least of these must be given. */
export type AtLeastOne<T, K extends keyof T> = T &
  { [P in K]-?: { [Q in P]-?: Exclude<T[Q], undefined> } }[K];

/** A server keeps what each connection has prepared. */
const NAMED = 16;

/**
 * Makes the function that gives the statement for the parameters that are given, which are bits of a number, for an order, and
 * for a page behind the values of a cursor. Its text is joined from these pieces alone, and kept.
 */
export function adaptive<Q extends Described>(
  query: Q,
  pieces: readonly Piece[],
  name?: string,
): <V>(
  given: number,
  values: readonly V[],
  order?: number,
  cursor?: readonly V[],
) => { text: string; values: V[]; query: Q; name?: string } {
  const variants = new Map<string, Variant<Q>>();
  return (given, values, order = 0, cursor) => {
    const behind = cursor?.map((value) => (value === null ? "1" : "0")).join("");
    const way = `${given.toString(36)}_${order}${behind === undefined ? "" : `_${behind}`}`;
    let variant = variants.get(way);
    if (variant === undefined) {
      variant = join(query, pieces, { given, order, behind });
      if (name !== undefined && variants.size < NAMED)
        variant = { ...variant, name: `${name}_${variants.size}` };
      variants.set(way, variant);
    }
    const { order: numbers, ...sent } = variant;
    const all = cursor === undefined ? values : [...values, ...cursor];
    return { ...sent, values: numbers.map((i) => all[i]!) };
  };
}

function join<Q extends Described>(query: Q, pieces: readonly Piece[], way: Way): Variant<Q> {
  const kept: (string | number)[] = [];
  for (const piece of pieces) {
    const one = keep(piece, way);
    if (typeof one !== "boolean") kept.push(...one);
    else if (typeof piece === "object" && "none" in piece) {
      if (piece.none === null) throw new TypeError(`${query.name}: nothing is given that it could set`);
      kept.push(piece.none);
    }
  }
  const order: number[] = [];
  const text = kept.map((one) => {
    if (typeof one === "string") return one;
    if (!order.includes(one)) order.push(one);
    return `$${order.indexOf(one) + 1}`;
  });
  const parameters = order.map((i) => query.parameters?.[i] ?? "cursor");
  return { text: text.join(""), order, query: { ...query, parameters } };
}

/** Leaves of a piece what is kept; true where it holds whatever the row, false where it is left out. */
function keep(piece: Piece, way: Way): (string | number)[] | boolean {
  const { given } = way;
  if (typeof piece !== "object") return [piece];
  if ("when" in piece) return (given & piece.when) === piece.when ? all(piece.of, way) : false;
  if ("holds" in piece) return [String((given & piece.holds) === piece.holds)];
  if ("orders" in piece) return plainTexts(piece.orders[way.order] ?? []);
  if ("behind" in piece) {
    if (way.behind === undefined) return false;
    const condition = piece.behind[`${way.order}/${way.behind}`];
    if (condition === undefined) throw new TypeError("the cursor is none of this query");
    return plainTexts(condition);
  }
  const kept: (string | number)[] = [];
  let holds = false;
  for (const { lead, when = 0, isNull, of } of piece.items) {
    let one: (string | number)[] | boolean = false;
    if (isNull !== undefined) one = (given & isNull) === 0;
    else if ((given & when) === when) one = all(of, way);
    if (one === true) {
      if (piece.any) return true;
      holds = true;
    } else if (one !== false) kept.push(...(kept.length > 0 ? plainTexts(lead) : []), ...one);
  }
  return kept.length === 0 ? holds : [...plainTexts(piece.open), ...kept, ...plainTexts(piece.close)];
}

/** Of several pieces those that are left out leave the rest; one alone is what it is. */
function all(pieces: readonly Piece[], way: Way): (string | number)[] | boolean {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return keep(first, way);
  return pieces.flatMap((piece) => {
    const one = keep(piece, way);
    return typeof one === "boolean" ? [] : one;
  });
}

function plainTexts(pieces: readonly Piece[]): (string | number)[] {
  return pieces.filter((piece): piece is string | number => typeof piece !== "object");
}

const TRUE = /^\s*(?:t(?:r(?:ue?)?)?|y(?:es?)?|on|1)\s*$/i;
const FALSE = /^\s*(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0)\s*$/i;

/**
 * Tells whether an argument is the value that it is compared with; null is none.
 * @throws TypeError where PostgreSQL would not read it as one of the kind
 */
export function isValue(argument: unknown, value: string | boolean): boolean {
  if (argument === null || argument === undefined) return false;
  if (typeof argument === typeof value) return argument === value;
  if (typeof value === "boolean" && typeof argument === "string") {
    if (TRUE.test(argument)) return value;
    if (FALSE.test(argument)) return !value;
  }
  throw new TypeError(`not a ${typeof value}: ${String(argument)}`);
}

/** The index of an order among the texts of ORDER BY, of which each has two. @throws TypeError where there is no such order */
export function orderOf(
  query: string,
  orders: readonly string[],
  name: string | undefined,
  isBackwards: boolean,
): number {
  const index = name === undefined ? 0 : orders.indexOf(name);
  if (index === -1)
    throw new TypeError(`${query}: there is no order ${JSON.stringify(name)}: ${orders.join(", ")}`);
  return 2 * index + (isBackwards ? 1 : 0);
}
