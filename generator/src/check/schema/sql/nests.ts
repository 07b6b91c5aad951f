import type { Catalog, CatalogObject } from "../catalog.ts";

/** Types that are built one upon the other, and the columns that hold values of them: where one cannot be changed as it stands, all are replaced. */
export interface Nest {
  /** By key, in an order in which they can be made. */
  readonly types: readonly string[];
  /** Columns before and after; those that have a collation count among its holders. */
  readonly columns: readonly string[];
}

/** Finds what is built on a type: domains over it, composite types and ranges of it, arrays of it as itself. */
export class Nests {
  readonly #base: Catalog;
  readonly #head: Catalog;
  readonly #dependents: ReadonlyMap<string, readonly string[]>;
  readonly #remade: ReadonlySet<string>;

  /** @param remade what is dropped and made again, and so holds nothing */
  constructor(
    base: Catalog,
    head: Catalog,
    dependents: ReadonlyMap<string, readonly string[]>,
    remade: ReadonlySet<string>,
  ) {
    this.#base = base;
    this.#head = head;
    this.#dependents = dependents;
    this.#remade = remade;
  }

  /** The nest of one type alone, as if no other were replaced. */
  of(type: string): Nest {
    return this.#around([type]);
  }

  #around(inner: readonly string[]): Nest {
    const types = new Set(inner);
    for (const each of types) {
      for (const outer of this.#builtOn(each)) types.add(outer);
      // What lets go of one for another of them can neither follow nor go ahead.
      for (const inner of types)
        for (const key of this.#changingOver(inner, types)) {
          const { kind, parent } = this.#head.objects.get(key)!;
          if (kind === "attribute") types.add(parent!);
          else if (kind === "domain" || kind === "range type") types.add(key);
        }
    }
    const columns = new Set(
      [...types].flatMap((each) => [
        ...this.holders(each),
        ...this.#changingOver(each, types).filter((key) => this.#isHolder(key)),
      ]),
    );
    return { types: this.#ordered(types), columns: [...columns] };
  }

  /** The nests of several, those that have a type in common as one. */
  ofAll(types: Iterable<string>): Nest[] {
    const nests: Nest[] = [];
    for (const type of types) {
      let joined = this.of(type);
      for (const other of nests.filter((one) => one.types.some((each) => joined.types.includes(each)))) {
        nests.splice(nests.indexOf(other), 1);
        joined = {
          types: this.#ordered(new Set([...other.types, ...joined.types])),
          columns: [...new Set([...other.columns, ...joined.columns])],
        };
      }
      nests.push(joined);
    }
    return this.#changingRound(nests);
  }

  /** Joins those between which columns change over in a circle: each would have to go before the others come. */
  #changingRound(nests: readonly Nest[]): Nest[] {
    const leaves = (from: Nest, to: Nest): boolean => {
      const types = new Set(to.types);
      return from !== to && from.types.some((type) => this.#changingOver(type, types).length > 0);
    };
    const joined: Nest[] = [];
    const done = new Set<Nest>();
    for (const nest of nests) {
      if (done.has(nest)) continue;
      const ahead = reached(nest, (from) => nests.filter((to) => leaves(from, to)));
      const behind = reached(nest, (to) => nests.filter((from) => leaves(from, to)));
      const round = [...ahead].filter((one) => behind.has(one));
      for (const one of round) done.add(one);
      joined.push(round.length === 1 ? nest : this.#around(round.flatMap(({ types }) => types)));
    }
    return joined;
  }

  /** The tables' columns that hold values of a type itself before and after; one that is computed is made anew. */
  holders(type: string): string[] {
    return this.#users(type).filter((key) => this.#isHolder(key));
  }

  #isHolder(key: string): boolean {
    const column = this.#head.objects.get(key)!;
    return column.kind === "column" && column.properties.generated === null && !this.#remade.has(key);
  }

  /** A type, and those that it is built on. */
  within(type: string): Set<string> {
    const found = new Set([type]);
    for (const each of found)
      for (const { key } of madeWith(each, this.#head))
        for (const needed of this.#head.needs.get(key)!)
          if (/^(?:domain|composite type|range type|enum):/.test(needed)) found.add(needed);
    return found;
  }

  #builtOn(type: string): string[] {
    return this.#users(type).flatMap((key) => {
      const { kind, parent } = this.#head.objects.get(key)!;
      if (kind === "attribute") return parent === type ? [] : [parent!];
      return kind === "domain" || kind === "range type" ? [key] : [];
    });
  }

  /** Leaves out what lets go of it, which does so before it changes. */
  #users(type: string): string[] {
    return (this.#dependents.get(type) ?? []).filter(
      (key) => this.#base.objects.has(key) && this.#head.needs.get(key)?.has(type) === true,
    );
  }

  /** Finds what is built on a type, or holds it, and shall be on another of them. */
  #changingOver(type: string, types: ReadonlySet<string>): string[] {
    return (this.#dependents.get(type) ?? []).filter((key) => {
      const needs = this.#head.needs.get(key);
      return needs?.has(type) === false && [...needs].some((needed) => types.has(needed) && needed !== key);
    });
  }

  #ordered(types: ReadonlySet<string>): string[] {
    const ordered = new Set<string>();
    const begun = new Set<string>();
    const add = (type: string): void => {
      if (begun.has(type)) return;
      begun.add(type);
      for (const { key } of madeWith(type, this.#head))
        for (const needed of this.#head.needs.get(key)!) if (types.has(needed)) add(needed);
      ordered.add(type);
    };
    for (const type of types) add(type);
    return [...ordered];
  }
}

/** Gives all that is reached from something, with that. */
function reached<T>(start: T, next: (from: T) => readonly T[]): Set<T> {
  const found = new Set([start]);
  for (const each of found) for (const other of next(each)) found.add(other);
  return found;
}

/** Tells whether a column of a nest lets go of its types for another of them, which it gets as they are replaced. */
export function changesOver(column: string, { types }: Nest, base: Catalog, head: Catalog): boolean {
  const kept = head.needs.get(column)!;
  return ![...base.needs.get(column)!].some((key) => types.includes(key) && kept.has(key));
}

/** Gives a type with all that it is made with: its attributes and its rules. */
export function madeWith(type: string, { objects }: Catalog): CatalogObject[] {
  return [...objects.values()].filter(
    ({ key, kind, parent }) =>
      key === type || (parent === type && (kind === "attribute" || kind === "domain constraint")),
  );
}
