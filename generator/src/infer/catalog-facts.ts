import type { Oid } from "../model/catalog.ts";
import { once } from "../model/once.ts";
import type { Reason } from "../model/reason.ts";
import type { TextPattern } from "../postgres/allowed-patterns.ts";
import type { RawColumn, RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Query } from "../postgres/tree/node-types.ts";
import { TreeAnalysis } from "./analysis.ts";
import { FunctionBodies } from "./body-analysis.ts";
import { whenNotFalse } from "./checks.ts";
import { columnPattern, columnTexts } from "./column-texts.ts";
import { isNotNullDomain } from "./domains.ts";
import { scanOf } from "./scan.ts";
import { openScope } from "./scope.ts";
import { type AttributeValue, notNull, nullable, type Origin, reason, Value } from "./value.ts";

export type Change = "insert" | "update";

/**
 * What the catalog promises of the rows that a scan of a table or view delivers. These count, and nothing else does:
 *
 * - NOT NULL of a column, a primary key among it, of the table and of everything below it;
 * - a validated and enforced CHECK that says IS NOT NULL;
 * - the expression of a generated column, where no child may have another;
 * - for a view, its query; for a materialized view that too, but of the tables' promises those only that are older than it is.
 *
 * The NOT NULL of a domain does not: PostgreSQL looks at it when a value is cast, not when it is stored. Nor do a foreign
 * table's constraints, which its server does not have to keep.
 */
export class CatalogFacts {
  readonly catalog: CatalogReader;
  /** Promises that are not older than this object do not count; null where all do. */
  readonly asOf: Oid | null;
  readonly bodies: FunctionBodies;
  readonly #columns = new Map<Oid, ReadonlyMap<number, Value>>();
  readonly #outputs = new Map<Oid, readonly Value[]>();
  readonly #older = new Map<Oid, CatalogFacts>();

  static readonly #known = new WeakMap<CatalogReader, CatalogFacts>();

  /** Those of a catalog, shared by all who ask. What they refer to has to be read before (`ensureForTree`). */
  static of(catalog: CatalogReader): CatalogFacts {
    return once(CatalogFacts.#known, catalog, () => new CatalogFacts(catalog));
  }

  private constructor(catalog: CatalogReader, asOf: Oid | null = null) {
    this.catalog = catalog;
    this.asOf = asOf;
    this.bodies = new FunctionBodies(catalog, asOf, (parameter) => new TreeAnalysis(this, { parameter }));
  }

  /** Gives what a scan of the relation delivers in the column. */
  column(oid: Oid, attno: number): Value {
    return this.#of(oid).get(attno) ?? nullable(0, "unproven", "the column");
  }

  /** The columns as the attributes of a row, by `attnum - 1`. */
  attributes(oid: Oid): readonly (AttributeValue | null)[] | null {
    const relation = this.catalog.relation(oid);
    if (!relation) return null;
    const list: (AttributeValue | null)[] = [];
    for (const { number, name } of relation.columns.values()) {
      while (list.length < number - 1) list.push(null);
      list.push({ name, value: this.column(oid, number) });
    }
    return list;
  }

  /** The texts, or integers as texts, that a CHECK or a domain leaves to the column, as they are delivered, or null. */
  allowedTexts(relation: RawRelation, attno: number): readonly string[] | null {
    const stored = relation.kind === "view" ? this.#passedOn(relation, attno) : null;
    const known = stored && this.allowedTexts(stored.relation, stored.column.number);
    return known ?? columnTexts(relation, attno, this);
  }

  /** The form that a CHECK demands of the column's texts, through views that pass them on, or null. */
  textPattern(relation: RawRelation, attno: number): TextPattern | null {
    const stored = relation.kind === "view" ? this.#passedOn(relation, attno) : null;
    return stored
      ? this.textPattern(stored.relation, stored.column.number)
      : columnPattern(relation, attno, this);
  }

  /** Tells whether what a command assigns to the column is what is stored: no trigger, here or in a partition, may set it. */
  keepsAssigned(relation: RawRelation, attno: number, change: Change): boolean {
    const name = relation.columns.get(attno)?.name;
    // A row that an UPDATE moves to another partition is inserted there.
    const changes: readonly Change[] = relation.kind === "partitioned table" ? ["insert", change] : [change];
    return (
      name !== undefined &&
      relation.triggers.every(
        ({ events, sets }) =>
          !changes.some((one) => events.includes(one)) || (sets !== null && !sets.includes(name)),
      )
    );
  }

  /** Gives what INSERT stores in a column that it does not name; null where nobody says. */
  defaultValue(relation: RawRelation, attno: number): Value | null {
    const column = relation.columns.get(attno);
    // A partition has defaults of its own, which rows sent there directly take; those sent here have these.
    return column?.defaultValue ? new TreeAnalysis(this).value(column.defaultValue, rowOf(relation)) : null;
  }

  /** The column of a table that a column is, through views that pass it on as it is stored; null where they compute it. */
  storedColumn(relation: RawRelation, attno: number): Origin | null {
    if (!relation.viewQuery) {
      const column = relation.columns.get(attno);
      return column ? { relation, column } : null;
    }
    const origin = this.#passedOn(relation, attno);
    return origin && this.storedColumn(origin.relation, origin.column.number);
  }

  /** The column that a view delivers as it is stored; null where it is computed. */
  #passedOn(relation: RawRelation, attno: number): Origin | null {
    const outputs = relation.viewQuery && this.#outputsOf(relation, relation.viewQuery);
    return outputs?.[[...relation.columns.keys()].indexOf(attno)]?.origin ?? null;
  }

  /** Gives what a view's query delivers, found once for all of its columns. */
  #outputsOf({ oid }: RawRelation, query: Query): readonly Value[] {
    return once(this.#outputs, oid, () => new TreeAnalysis(this).outputs(query, null));
  }

  #of(oid: Oid): ReadonlyMap<number, Value> {
    const known = this.#columns.get(oid);
    if (known) return known;
    const relation = this.catalog.relation(oid);
    // A view cannot refer to itself, but a guard is cheaper than an endless loop.
    this.#columns.set(oid, new Map());
    const found = relation
      ? relation.viewQuery
        ? this.#ofView(relation, relation.viewQuery)
        : this.#ofTable(relation)
      : new Map<number, Value>();
    this.#columns.set(oid, found);
    return found;
  }

  #ofView(relation: RawRelation, query: Query): ReadonlyMap<number, Value> {
    const facts = relation.kind === "materialized view" ? this.#asOf(relation.oid) : this;
    const outputs = facts.#outputsOf(relation, query);
    return new Map(
      [...relation.columns.values()].map((column, i) => [
        column.number,
        (outputs[i] ?? nullable(0, "unproven", qualified(relation, column))).with({
          origin: { relation, column },
        }),
      ]),
    );
  }

  #asOf(oid: Oid): CatalogFacts {
    const limit = this.asOf === null ? oid : Math.min(oid, this.asOf);
    return once(this.#older, limit, () => new CatalogFacts(this.catalog, limit));
  }

  #ofTable(relation: RawRelation): ReadonlyMap<number, Value> {
    const checked = new Map<number, string>();
    for (const check of relation.checks) {
      if (!this.counts(check.since)) continue;
      for (const attno of whenNotFalse(check.expr, this.catalog)) checked.set(attno, check.name);
    }
    const columns = new Map<number, Value>();
    for (const column of relation.columns.values()) {
      const parts = { origin: { relation, column } };
      const constraint = checked.get(column.number);
      const name = qualified(relation, column);
      if (column.notNull && this.counts(column.notNullSince))
        columns.set(column.number, notNull(column.type, "not-null-column", name, parts));
      else if (constraint !== undefined)
        columns.set(column.number, notNull(column.type, "check-constraint", constraint, parts));
      else columns.set(column.number, new Value(column.type, true, this.#whyNullable(column, name), parts));
    }
    this.#columns.set(relation.oid, columns);
    for (const column of relation.columns.values()) {
      const stored = columns.get(column.number)!;
      if (!column.generated || !stored.nullable || relation.hasChildren) continue;
      // What is stored was computed by functions as they were then.
      const computed = new TreeAnalysis(this, { readsBodies: false }).value(
        column.generated,
        rowOf(relation),
      );
      columns.set(column.number, stored.decidedBy(computed.nullable, computed.because));
    }
    return columns;
  }

  #whyNullable(column: RawColumn, name: string): Reason {
    if (column.notNull) return reason("old-promise", name);
    return reason(isNotNullDomain(column.type, this.catalog) ? "domain-column" : "nullable-column", name);
  }

  /** Tells whether a promise with this object's age counts; 0 for one whose age is not known. */
  counts(since: Oid): boolean {
    return this.asOf === null || (since !== 0 && since < this.asOf);
  }
}

function qualified(relation: RawRelation, column: RawColumn): string {
  return `${relation.name}.${column.name}`;
}

/** A level that scans one row of the relation, as expressions of its constraints and columns see it. */
function rowOf(relation: RawRelation) {
  return openScope(
    scanOf(
      relation.oid,
      [...relation.columns.values()].map((column) => column.name),
    ),
    null,
  );
}
