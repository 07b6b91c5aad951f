import type { Oid } from "../model/catalog.ts";
import type { CatalogReader, RawRelation } from "../postgres/catalog-reader.ts";
import type { Node } from "../postgres/node-tree.ts";
import type { Nullability } from "./nullability.ts";
import { whenNotFalse } from "./predicates.ts";
import { COMMAND, openScope, RTE, type Scope } from "./scope.ts";

/** Nullability of the columns of tables and views, read once each. */
export class RelationColumns {
  readonly #nullability: Nullability;
  readonly #ofView: (query: Node) => readonly boolean[];
  readonly #views = new Map<Oid, readonly boolean[]>();
  readonly #relations = new Map<Oid, ReadonlyMap<number, boolean>>();

  /** @param ofView the columns that a view's query delivers, no parameter of the present query known to it */
  constructor(nullability: Nullability, ofView: (query: Node) => readonly boolean[]) {
    this.#nullability = nullability;
    this.#ofView = ofView;
  }

  /** Whether a scan of the relation can deliver NULL in the column. */
  isNullable(oid: Oid, attno: number): boolean {
    const relation = this.#nullability.catalog.relation(oid);
    if (!relation) return true;
    let columns = this.#relations.get(oid);
    if (!columns) {
      columns = relation.viewQuery ? this.#viewColumns(relation) : this.#tableColumns(relation);
      this.#relations.set(oid, columns);
    }
    return columns.get(attno) !== false;
  }

  #viewColumns(relation: RawRelation): ReadonlyMap<number, boolean> {
    let list = this.#views.get(relation.oid);
    if (!list) {
      // A view cannot refer to itself, but a guard is cheaper than an endless loop.
      this.#views.set(relation.oid, []);
      list = this.#ofView(relation.viewQuery!);
      this.#views.set(relation.oid, list);
    }
    return new Map(list.map((nullable, i) => [i + 1, nullable]));
  }

  #tableColumns(relation: RawRelation): ReadonlyMap<number, boolean> {
    const checked = new Set<number>();
    for (const check of relation.checks) for (const attno of whenNotFalse(check)) checked.add(attno);
    const columns = new Map<number, boolean>();
    for (const [attno, column] of relation.columns) {
      columns.set(
        attno,
        !(column.notNull || checked.has(attno) || isNotNullDomain(column.type, this.#nullability.catalog)),
      );
    }
    const rowScope: Scope = {
      ...openScope(
        {
          node: "QUERY",
          commandType: COMMAND.select,
          rtable: [{ node: "RANGETBLENTRY", rtekind: RTE.relation, relid: relation.oid }],
        },
        null,
      ),
    };
    this.#relations.set(relation.oid, columns);
    for (const [attno, column] of relation.columns) {
      // A partition or child may compute it differently.
      if (column.generated && columns.get(attno) && !relation.hasChildren)
        columns.set(attno, this.#nullability.expression(column.generated, rowScope));
    }
    return columns;
  }
}

/** Whether a domain, or one that it is based on, refuses NULL. */
export function isNotNullDomain(oid: Oid, catalog: CatalogReader): boolean {
  const type = catalog.type(oid);
  return type?.kind === "domain" && (type.notNull || isNotNullDomain(type.base, catalog));
}
