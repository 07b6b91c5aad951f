import type { KeyColumn } from "../model/catalog.ts";
import type { RawColumn, RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";

/** Tells which rows the values of a column identify: those of the table at the end of its foreign keys. */
export class KeyIdentity {
  readonly #catalog: CatalogReader;
  /** `<oid>.<attnum>` of the columns that some foreign key refers to. */
  readonly #referenced = new Set<string>();

  constructor(catalog: CatalogReader, relations: readonly RawRelation[]) {
    this.#catalog = catalog;
    for (const { references } of relations)
      for (const { references: oid, referencedColumns } of references)
        for (const attno of referencedColumns) this.#referenced.add(`${oid}.${attno}`);
  }

  /** Gives the key column whose values those of the column are; null where it is of no key, or of several. */
  of(relation: RawRelation, attno: number): KeyColumn | null {
    const reached = new Map<string, Place>();
    const visit = (place: Place): void => {
      if (reached.has(nameOf(place))) return;
      reached.set(nameOf(place), place);
      for (const next of this.#targets(place)) visit(next);
    };
    visit({ relation, attno });
    const all = [...reached.values()];
    const ends = all.filter((place) => this.#targets(place).length === 0);
    // Keys that refer to one another: that of fewer columns is the other's, which has its own besides. What only leads to
    // them is none of them.
    const [root, other] =
      ends.length > 0
        ? ends
        : all
            .filter(({ relation, attno }) => relation.primaryKey.includes(attno))
            .sort((a, b) => width(a) - width(b) || a.relation.oid - b.relation.oid)
            .slice(0, 1);
    const column = root?.relation.columns.get(root.attno);
    if (!root || !column || other || !this.#identifies(root, column)) return null;
    return { schema: root.relation.schema, table: root.relation.name, column: column.name };
  }

  /** Gives what the foreign keys of a column lead to; of a partition's, its table. */
  #targets({ relation, attno }: Place): readonly Place[] {
    const parent = relation.partitionOf === null ? undefined : this.#catalog.relation(relation.partitionOf);
    if (parent) {
      const name = relation.columns.get(attno)?.name;
      const own = [...parent.columns.values()].find((column) => column.name === name);
      return own ? [{ relation: parent, attno: own.number }] : [];
    }
    return relation.references.flatMap(({ columns, references, referencedColumns }) => {
      const target = this.#catalog.relation(references);
      const referenced = referencedColumns[columns.indexOf(attno)];
      return target && referenced !== undefined ? { relation: target, attno: referenced } : [];
    });
  }

  /** Tells the identifiers among the columns of primary keys from mere ordinals, and from texts that nothing refers to. */
  #identifies({ relation, attno }: Place, { name, type }: RawColumn): boolean {
    const { oid, primaryKey } = relation;
    if (!primaryKey.includes(attno)) return false;
    if (type === UUID || name === "id" || name.endsWith("_id")) return true;
    return primaryKey.length === 1 && this.#referenced.has(`${oid}.${attno}`);
  }
}

interface Place {
  readonly relation: RawRelation;
  readonly attno: number;
}

const UUID = 2950;
const nameOf = ({ relation, attno }: Place): string => `${relation.oid}.${attno}`;
const width = ({ relation }: Place): number => relation.primaryKey.length;
