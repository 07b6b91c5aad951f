/** A key of the order that a page is read in. */
export interface Key {
  readonly expression: string;
  readonly descends: boolean;
  readonly nullsFirst: boolean;
  readonly nullable: boolean;
  /** Whether its values are rows, of which one whose attributes are all NULL is no NULL to ORDER BY, and is one to IS NULL. */
  readonly isRow: boolean;
  /** The numbers of the parameters that it is made of. */
  readonly params: readonly number[];
}

/** Asks whether a key is NULL as ORDER BY takes it. */
const isNullTest = ({ expression, isRow }: Key): string =>
  isRow ? `${expression} is not distinct from null` : `${expression} is null`;
const isThereTest = ({ expression, isRow }: Key): string =>
  isRow ? `${expression} is distinct from null` : `${expression} is not null`;

/**
 * The condition "stands behind the cursor", for a cursor of which these values are NULL. NULLs have their place in the order, and
 * comparing with them finds nothing.
 * @param value the code of the cursor's value
 */
export function afterCondition(
  keys: readonly Key[],
  isNull: readonly boolean[],
  value: (key: number) => string,
): string {
  const [first] = keys;
  if (first && keys.every((key) => !key.nullable && key.descends === first.descends)) {
    const own = keys.map(({ expression }) => expression).join(", ");
    const values = keys.map((_, i) => value(i)).join(", ");
    return `(${own}) ${first.descends ? "<" : ">"} (${values})`;
  }
  const operator = ({ descends }: Key): string => (descends ? "<" : ">");
  const behind = (key: Key, i: number): string | null => {
    if (isNull[i]) return key.nullsFirst ? isThereTest(key) : null;
    const compared = `${key.expression} ${operator(key)} ${value(i)}`;
    return key.nullable && !key.nullsFirst ? `(${compared} or ${isNullTest(key)})` : compared;
  };
  const equal = (key: Key, i: number): string =>
    isNull[i] ? isNullTest(key) : `${key.expression} = ${value(i)}`;
  const arms = keys.flatMap((key, i) => {
    const own = behind(key, i);
    return own === null ? [] : [[...keys.slice(0, i).map(equal), own].join(" and ")];
  });
  const all =
    arms.length === 0
      ? "false"
      : arms.length === 1
        ? arms[0]!
        : `(${arms.map((arm) => `(${arm})`).join(" or ")})`;
  const bound = first && keys.length > 1 ? boundOf(first, isNull[0] ?? false, value(0)) : null;
  return bound === null ? all : `${bound} and ${all}`;
}

/** Gives what an index can begin at. */
function boundOf(key: Key, isNull: boolean, value: string): string | null {
  const { expression, descends, nullable, nullsFirst } = key;
  if (isNull) return nullsFirst ? null : isNullTest(key);
  const compared = `${expression} ${descends ? "<=" : ">="} ${value}`;
  return nullable && !nullsFirst ? `(${compared} or ${isNullTest(key)})` : compared;
}

/** All ways in which the values of these keys can be NULL, each as a text of 0 and 1. */
export function nullPatterns(keys: readonly Key[]): string[] {
  return keys.reduce<string[]>(
    (patterns, { nullable }) => patterns.flatMap((one) => (nullable ? [`${one}0`, `${one}1`] : [`${one}0`])),
    [""],
  );
}
