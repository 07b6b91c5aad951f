import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { identityOf } from "./names.ts";
import type { Statement } from "./statement.ts";

/** Which partitions there are as each statement of a migration is reached. */
export class Partitions {
  readonly #statements: readonly Statement[];
  readonly #base: Catalog;
  readonly #head: Catalog;

  constructor(statements: readonly Statement[], base: Catalog, head: Catalog) {
    this.#statements = statements;
    this.#base = base;
    this.#head = head;
  }

  /** The partitions of a table before the statement with this number, as they are or shall be. */
  of(table: string, before: number): ObjectOf<"partition">[] {
    const found = new Map<string, ObjectOf<"partition">>();
    for (const object of this.#base.objects.values())
      if (object.kind === "partition") found.set(object.key, object);
    for (const { object: key, sql } of this.#statements.slice(0, before)) {
      const facet = key.startsWith("partition:") ? key : `partition:${key}`;
      const made = this.#head.objects.get(facet);
      if (/^drop table | detach partition /.test(sql)) found.delete(facet);
      else if (made?.kind === "partition" && / (?:attach partition|partition of) /.test(sql))
        found.set(facet, made);
    }
    return [...found.values()].filter(({ properties }) => properties.of === identityOf(table));
  }

  /** The indexes, keys and references that a table has before the statement with this number. */
  partsOf(table: string, before: number): (ObjectOf<"index"> | ObjectOf<"constraint">)[] {
    const found = new Map<string, CatalogObject | undefined>();
    for (const object of this.#base.objects.values())
      if (object.parent === table) found.set(object.key, object);
    for (const { object: key, sql } of this.#statements.slice(0, before)) {
      if (/^drop index | drop constraint /.test(sql)) found.delete(key);
      else if (/^create (?:unique )?index | add constraint /i.test(sql))
        found.set(key, this.#head.objects.get(key));
    }
    return [...found.values()].filter(
      (object): object is ObjectOf<"index"> | ObjectOf<"constraint"> =>
        object?.parent === table &&
        (object.kind === "index" || (object.kind === "constraint" && object.properties.type !== "check")),
    );
  }

  /** The table itself, in the end or as long as it is there. */
  table(key: string): CatalogObject | undefined {
    return this.#head.objects.get(key) ?? this.#base.objects.get(key);
  }

  isPartitioned(key: string): boolean {
    const table = this.table(key);
    return table?.kind === "table" && table.properties.partitionKey !== null;
  }
}
