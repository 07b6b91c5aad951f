/** Text, a parameter by its place among the values, or what is there in some calls only. */
type Piece = string | number | When | Choice;

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

/** A server keeps what each connection has prepared. */
const NAMED = 16;

/**
 * Makes the function that gives the statement for the parameters that are given, which are bits of a number. Its text is joined
 * from these pieces alone, and kept.
 */
export function adaptive<Q extends Described>(
  query: Q,
  pieces: readonly Piece[],
  name?: string,
): <V>(given: number, values: readonly V[]) => { text: string; values: V[]; query: Q; name?: string } {
  const variants = new Map<number, Variant<Q>>();
  return (given, values) => {
    let variant = variants.get(given);
    if (variant === undefined) {
      variant = join(query, pieces, given);
      if (name !== undefined && variants.size < NAMED)
        variant = { ...variant, name: `${name}_${given.toString(36)}` };
      variants.set(given, variant);
    }
    const { order, ...sent } = variant;
    return { ...sent, values: order.map((i) => values[i]!) };
  };
}

function join<Q extends Described>(query: Q, pieces: readonly Piece[], given: number): Variant<Q> {
  const kept: (string | number)[] = [];
  for (const piece of pieces) {
    const one = keep(piece, given);
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
  const parameters = order.map((i) => query.parameters?.[i] ?? "");
  return { text: text.join(""), order, query: { ...query, parameters } };
}

/** What is kept of a piece; true where it holds whatever the row, false where it is left out. */
function keep(piece: Piece, given: number): (string | number)[] | boolean {
  if (typeof piece !== "object") return [piece];
  if ("when" in piece) return (given & piece.when) === piece.when ? all(piece.of, given) : false;
  const kept: (string | number)[] = [];
  let holds = false;
  for (const { lead, when = 0, isNull, of } of piece.items) {
    let one: (string | number)[] | boolean = false;
    if (isNull !== undefined) one = (given & isNull) === 0;
    else if ((given & when) === when) one = all(of, given);
    if (one === true) {
      if (piece.any) return true;
      holds = true;
    } else if (one !== false) kept.push(...(kept.length > 0 ? texts(lead) : []), ...one);
  }
  return kept.length === 0 ? holds : [...texts(piece.open), ...kept, ...texts(piece.close)];
}

/** Of several pieces those that are left out leave the rest; one alone is what it is. */
function all(pieces: readonly Piece[], given: number): (string | number)[] | boolean {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return keep(first, given);
  return pieces.flatMap((piece) => {
    const one = keep(piece, given);
    return typeof one === "boolean" ? [] : one;
  });
}

function texts(pieces: readonly Piece[]): (string | number)[] {
  return pieces.filter((piece) => typeof piece !== "object");
}
