import type { Binary, Decimal128, MaxKey, MinKey, ObjectId, Timestamp } from "mongodb";

/** What has no fields of its own. */
export type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Uint8Array
  | Binary
  | Decimal128
  | MaxKey
  | MinKey
  | ObjectId
  | Timestamp
  | ((...all: never) => unknown);

/** No deeper than this: a type that refers to itself has no end. */
type TooDeep = 12;

/**
 * The paths below a value as MongoDB has them: through an array's elements (`items.sku`) or to one of them (`items.0.sku`), of
 * each branch of a union, and any text where keys are not known.
 */
export type PathsBelow<T, D extends readonly unknown[] = []> = D["length"] extends TooDeep
  ? never
  : unknown extends T
    ? string
    : [OpenPart<T>] extends [never]
      ? PathsBelowKnown<T, D>
      : string;

/** Of a union, the branches whose keys are not known: JSON is one of them. */
type OpenPart<T> = T extends Leaf | readonly unknown[] ? never : string extends keyof T ? T : never;

type PathsBelowKnown<T, D extends readonly unknown[]> = T extends Leaf
  ? never
  : T extends readonly (infer E)[]
    ? `${number}` | PathsBelow<E, [...D, 0]> | `${number}.${PathsBelow<E, [...D, 0]>}`
    : {
        [K in keyof T & string]-?: K | `${K}.${PathsBelow<T[K], [...D, 0]>}`;
      }[keyof T & string];

/** What may stand at a path; undefined among it where it may be absent. */
export type ValueAt<T, P extends string> = unknown extends T
  ? unknown
  : string extends P
    ? ValueOfAnyKey<OpenPart<T>>
    : // Of JSON, each array has again all of it.
      [OpenPart<T>, Extract<T, readonly unknown[]>] extends [never, unknown] | [unknown, never]
      ? ValueAtKnown<T, P>
      : unknown;

/** What stands under the keys of a record, where nothing can stand below that. */
type ValueOfAnyKey<R> = [R] extends [never]
  ? unknown
  : R extends { readonly [key: string]: infer V }
    ? [V] extends [Leaf]
      ? V | undefined
      : unknown
    : unknown;

type ValueAtKnown<T, P extends string> = T extends null | undefined
  ? undefined
  : T extends Leaf
    ? never
    : T extends readonly (infer E)[]
      ? P extends `${number}`
        ? E
        : P extends `${number}.${infer Rest}`
          ? ValueAt<E, Rest>
          : ValueAt<E, P>
      : P extends keyof T
        ? T[P]
        : P extends `${infer K}.${infer Rest}`
          ? K extends keyof T
            ? ValueAt<T[K], Rest>
            : string extends keyof T
              ? ValueAt<T[keyof T], Rest>
              : never
          : string extends keyof T
            ? T[keyof T]
            : never;

/** What a filter may say of a value: what it is equal to, or operators. */
export type Condition<V> = unknown extends V ? unknown : Operand<V> | Operators<V>;

/** Of an array, one of its elements too; null also where it is absent. */
type Operand<V> =
  | Exclude<V, undefined>
  | (undefined extends V ? null : never)
  | (V extends readonly (infer E)[] ? Exclude<E, undefined> | Pattern<E> : never)
  | Pattern<V>;

type Pattern<V> = V extends string ? RegExp : never;

interface Operators<V> {
  readonly $eq?: Operand<V>;
  readonly $ne?: Operand<V>;
  readonly $gt?: Operand<V>;
  readonly $gte?: Operand<V>;
  readonly $lt?: Operand<V>;
  readonly $lte?: Operand<V>;
  readonly $in?: readonly Operand<V>[];
  readonly $nin?: readonly Operand<V>[];
  readonly $not?: Operators<V> | Pattern<V>;
  readonly $exists?: boolean;
  /** BSON's name of a type, or its number. */
  readonly $type?: string | number | readonly (string | number)[];
  readonly $regex?: [Pattern<V | ElementOf<V>>] extends [never] ? never : string | RegExp;
  readonly $options?: string;
  readonly $mod?: readonly [divisor: number, remainder: number];
  readonly $all?: readonly Operand<ElementOf<V>>[];
  readonly $size?: [ElementOf<V>] extends [never] ? never : number;
  readonly $elemMatch?: ElementCondition<ElementOf<V>>;
  readonly $bitsAllSet?: number | readonly number[];
  readonly $bitsAnySet?: number | readonly number[];
  readonly $bitsAllClear?: number | readonly number[];
  readonly $bitsAnyClear?: number | readonly number[];
}

type ElementOf<V> = V extends readonly (infer E)[] ? E : never;

type ElementCondition<E> = [E] extends [never]
  ? never
  : [E] extends [Leaf]
    ? Operators<E>
    : ConditionsBelow<E> & {
        readonly $and?: readonly ElementCondition<E>[];
        readonly $or?: readonly ElementCondition<E>[];
        readonly $nor?: readonly ElementCondition<E>[];
      };

export type ConditionsBelow<T> = { readonly [P in PathsBelow<T>]?: Condition<ValueAt<T, P>> };

type Lower =
  | ("a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m")
  | ("n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z");
type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
type Mark =
  | " "
  | "!"
  | "%"
  | "&"
  | "("
  | ")"
  | "*"
  | "+"
  | ","
  | "-"
  | "."
  | "/"
  | ":"
  | "<"
  | "="
  | ">"
  | "@"
  | "_";

/** A text that reads nothing, since it begins with a character that says so; any other goes into `$literal`. */
type PlainText = "" | `${Lower | Uppercase<Lower> | Digit | Mark}${string}`;

/** An expression of MongoDB's that reads these paths of the document and no others. */
export type Expression<P extends string> =
  | Exclude<Leaf, string | symbol | undefined | ((...all: never) => unknown)>
  | PlainText
  | `$${"" | "$ROOT." | "$CURRENT."}${P | "_id"}`
  | `$$${Lower | "NOW" | "CLUSTER_TIME" | "REMOVE"}${string}`
  | readonly Expression<P>[]
  | { readonly $literal: unknown }
  | { readonly [key: string]: Expression<P> };
