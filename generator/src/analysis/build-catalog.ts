import type { CatalogFacts } from "../infer/catalog-facts.ts";
import { partsOf } from "../infer/json-shapes.ts";
import { KeyIdentity } from "../infer/key-identity.ts";
import type { Catalog, Oid, PgType, Relation, RelationColumn, RelationKind } from "../model/catalog.ts";
import type { JsonShape, Query, RowAttribute } from "../model/query.ts";
import type { RawRelation } from "../postgres/catalog-objects.ts";
import { OF_HOST } from "./schema/hosts.ts";

/** Gives what was made of these relations on this very schema before, or makes it. */
export type RememberRelations = (
  of: readonly Oid[],
  make: () => readonly Relation[],
) => Promise<readonly Relation[]>;

/** The user's relations, with what the inference knows of them, and the types that they and the queries mention. */
export async function buildCatalog(
  facts: CatalogFacts,
  queries: readonly Query[],
  remember: RememberRelations = async (_, make) => make(),
): Promise<Catalog> {
  const reader = facts.catalog;
  const mentionedByQueries = new Set(queries.flatMap((query) => query.relations));
  const raw = (await reader.userRelations()).filter(
    ({ schema, name, comment }) => comment !== OF_HOST || mentionedByQueries.has(`${schema}.${name}`),
  );
  await reader.ensureUserTypes();
  const relations = await remember(
    raw.map(({ oid }) => oid),
    () => toRelations(facts, raw),
  );
  return { types: mentioned(reader.types, relations, queries), relations };
}

/** Analyses every view, and finds what each column is a key of. */
function toRelations(facts: CatalogFacts, raw: readonly RawRelation[]): Relation[] {
  const identity = new KeyIdentity(facts.catalog, raw);
  const patternOf = (relation: RawRelation, attno: number): Pick<RelationColumn, "pattern"> => {
    const pattern = facts.textPattern(relation, attno);
    return pattern ? { pattern } : {};
  };
  const identified = (relation: RawRelation, attno: number): Pick<RelationColumn, "key" | "stored"> => {
    const stored = facts.storedColumn(relation, attno);
    const key = stored && identity.of(stored.relation, stored.column.number);
    return {
      ...(key && { key }),
      ...(stored &&
        stored.relation !== relation && {
          stored: {
            schema: stored.relation.schema,
            table: stored.relation.name,
            column: stored.column.name,
          },
        }),
    };
  };
  return raw.map((relation) => ({
    oid: relation.oid,
    schema: relation.schema,
    name: relation.name,
    kind: relation.kind as RelationKind,
    rowType: relation.rowType,
    comment: relation.comment === OF_HOST ? null : relation.comment,
    partitionOf: relation.partitionOf,
    columns: [...relation.columns.values()].map((column) => ({
      ...patternOf(relation, column.number),
      name: column.name,
      type: column.type,
      comment: column.comment,
      number: column.number,
      nullable: facts.column(relation.oid, column.number).nullable,
      hasDefault: column.hasDefault || column.generated !== null,
      generated: column.generated !== null || column.identity === "a",
      values: facts.allowedTexts(relation, column.number),
      ...identified(relation, column.number),
    })),
  }));
}

/** Leaves out types that were read on the way: those depend on the cache, and what comes out must not. */
function mentioned(
  types: ReadonlyMap<Oid, PgType>,
  relations: readonly Relation[],
  queries: readonly Query[],
): ReadonlyMap<Oid, PgType> {
  const found = new Set<Oid>();
  const visit = (oid: Oid): void => {
    const type = types.get(oid);
    if (!type || found.has(oid)) return;
    found.add(oid);
    if (type.kind === "array") visit(type.element);
    else if (type.kind === "domain") visit(type.base);
    else if (type.kind === "range" || type.kind === "multirange") visit(type.subtype);
    else if (type.kind === "composite") for (const attribute of type.attributes) visit(attribute.type);
  };
  const visitShape = (shape: JsonShape): void => {
    if (shape.kind === "scalar") visit(shape.type);
    for (const part of partsOf(shape)) visitShape(part);
  };
  const visitColumn = ({ type, arrayOf, shape, attributes = [] }: RowAttribute): void => {
    visit(arrayOf ?? type);
    if (shape) visitShape(shape);
    for (const attribute of attributes) visitColumn(attribute);
  };
  for (const type of types.values()) {
    const isOwn = type.schema !== "pg_catalog" && type.schema !== "information_schema";
    if (
      isOwn &&
      (type.kind === "enum" || type.kind === "domain" || (type.kind === "composite" && type.standalone))
    ) {
      visit(type.oid);
    }
  }
  for (const relation of relations) for (const column of relation.columns) visit(column.type);
  for (const query of queries) {
    for (const param of query.params) visit(param.type);
    for (const column of query.columns) visitColumn(column);
  }
  return new Map([...found].sort((a, b) => a - b).map((oid) => [oid, types.get(oid)!]));
}
