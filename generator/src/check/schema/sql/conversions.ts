import type { CatalogObject, ObjectOf } from "../catalog.ts";
import type { Nest } from "./nests.ts";
import { caution, loss, usingClause } from "./types.ts";
import type { WriterContext } from "./writers/writer.ts";

/** How values of types that are replaced become values of those that take their place. */
export class Conversions {
  readonly #context: WriterContext;
  /** By the name that columns have them under; a range also by that of its multirange. */
  readonly #types = new Map<string, CatalogObject>();
  readonly #arrayFunction: (element: string) => string;
  readonly #arrays = new Set<string>();

  /** @param arrayFunction names the function that converts arrays of such a type */
  constructor({ types }: Nest, context: WriterContext, arrayFunction: (element: string) => string) {
    this.#context = context;
    this.#arrayFunction = arrayFunction;
    for (const key of types) {
      const type = context.head.objects.get(key)!;
      this.#types.set(type.identity, type);
      const multirange = type.kind === "range type" ? multirangeOf(type) : null;
      if (multirange !== null) this.#types.set(multirange, type);
    }
  }

  /** The types of which arrays were converted: a column's conversion cannot have a subquery, so that these take a function of their own. */
  get arrays(): ReadonlySet<string> {
    return this.#arrays;
  }

  /** Gives the type that a column or an attribute holds values of, where that is replaced. */
  heldIn(type: string): CatalogObject | undefined {
    return this.#types.get(elementOf(type));
  }

  /** The expression that makes a new value of an old one; of NULL it makes NULL, of a row of nulls such a row. */
  of(value: string, from: string, to: string): string {
    const type = this.heldIn(to);
    if (type === undefined || from !== to) {
      const using = usingClause(value, from, to, this.#context.casts);
      return using === "" ? value : using.replace(" using ", "");
    }
    if (this.#isText(type)) return `${value}::text::${to}`;
    if (!to.endsWith("[]")) return this.#ofType(value, type);
    this.#arrays.add(elementOf(to));
    return `${this.#arrayFunction(elementOf(to))}(${value})`;
  }

  #ofType(value: string, type: CatalogObject): string {
    const old = this.#context.base.objects.get(type.key)!;
    if (type.kind === "domain" && old.kind === "domain")
      return `(${this.of(value, old.properties.type, type.properties.type)})::${type.identity}`;
    const before = new Map(this.#attributes(type, "base").map((one) => [one.name, one]));
    const fields = this.#attributes(type, "head").map((one) => {
      const from = before.get(one.name)?.properties.type;
      const { type: to } = one.properties;
      return from === undefined ? `null::${to}` : this.of(`(${value}).${one.name}`, from, to);
    });
    return `case when ${value} is distinct from null then row(${fields.join(", ")})::${type.identity} end`;
  }

  /** Tells whether the text of an old value is that of the new one. */
  #isText(type: CatalogObject): boolean {
    if (type.kind === "composite type") return false;
    if (type.kind !== "domain") return true;
    const base = this.heldIn(type.properties.type);
    return base === undefined || this.#isText(base);
  }

  /** Says what of the stored values is lost; null for nothing. */
  lossIn(type: CatalogObject): string | null {
    const lost = this.#within(type).flatMap((each) => {
      const before = new Map(this.#attributes(each, "base").map((one) => [one.name, one]));
      const after = this.#attributes(each, "head");
      const kept = new Set(after.map(({ name }) => name));
      return [
        ...[...before.values()].flatMap((one) =>
          kept.has(one.name) ? [] : [`the attribute ${one.identity} and what is stored in it`],
        ),
        ...after.flatMap((one) => {
          const old = before.get(one.name);
          if (old === undefined) return [];
          const [from, to] = [old.properties.type, one.properties.type];
          const what = loss(from, to) ?? cutOff(from, to);
          return what === null ? [] : [`${what} of what is stored in ${one.identity}`];
        }),
      ];
    });
    return [...new Set(lost)].join("; ") || null;
  }

  /** The types whose values may be refused: those that are read from text. */
  refusingIn(type: CatalogObject): string[] {
    const read = this.#within(type).filter(({ kind }) => kind !== "composite type");
    return [...new Set(read.map(({ identity }) => identity))];
  }

  /** Says of which values of attributes that get another type the conversion fails, or what else decides what becomes of them. */
  cautionsIn(type: CatalogObject): string[] {
    const said = this.#within(type).flatMap((each) => {
      const before = new Map(this.#attributes(each, "base").map((one) => [one.name, one]));
      return this.#attributes(each, "head").flatMap((one) => {
        const from = before.get(one.name)?.properties.type ?? one.properties.type;
        const { type: to } = one.properties;
        // What is too long is cut off here.
        if (from === to || cutOff(from, to) !== null) return [];
        return caution(one.identity, from, to, this.#context.casts) ?? [];
      });
    });
    return [...new Set(said)];
  }

  /** A type and what it holds of the others. */
  #within(type: CatalogObject): CatalogObject[] {
    const inner =
      type.kind === "domain"
        ? [type.properties.type]
        : this.#attributes(type, "head").map(({ properties }) => properties.type);
    return [type, ...inner.flatMap((each) => this.heldIn(each) ?? []).flatMap((each) => this.#within(each))];
  }

  #attributes({ key }: CatalogObject, side: "base" | "head"): ObjectOf<"attribute">[] {
    return [...this.#context[side].objects.values()].filter(
      (one): one is ObjectOf<"attribute"> => one.kind === "attribute" && one.parent === key,
    );
  }
}

function elementOf(type: string): string {
  return type.replace(/(?:\[\])+$/, "");
}

/** The name of a range's multirange, or null where the server has none. */
export function multirangeOf({ properties }: ObjectOf<"range type">): string | null {
  return / multirange_type_name = (.*)$/.exec(properties.definition)?.[1] ?? null;
}

/**
 * A row is cast to another type as one is told to, and then PostgreSQL cuts off what is too long, which it refuses where a
 * column itself gets another type.
 */
function cutOff(from: string, to: string): string | null {
  const unit = /^bit\b/.test(to) ? "bits" : /^character\b/.test(to) ? "characters" : null;
  return unit !== null && length(to) < length(from) ? `${unit} beyond ${length(to)}` : null;
}

function length(type: string): number {
  return Number(/^(?:bit|character)(?: varying)?\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);
}
