import { Nullability } from "../infer/nullability.ts";
import type { Catalog, Relation, RelationKind } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { columnValues } from "./analyze-query.ts";

/** The user's relations, with what the inference knows of them. Call it last: it takes the types read so far along. */
export async function buildCatalog(reader: CatalogReader): Promise<Catalog> {
  const raw = await reader.userRelations();
  await reader.ensureUserTypes();
  const nullability = new Nullability(reader);
  const relations: Relation[] = raw.map((relation) => ({
    oid: relation.oid,
    schema: relation.schema,
    name: relation.name,
    kind: relation.kind as RelationKind,
    rowType: relation.rowType,
    comment: relation.comment,
    partitionOf: relation.partitionOf,
    columns: [...relation.columns.values()].map((column) => ({
      name: column.name,
      type: column.type,
      comment: column.comment,
      number: column.number,
      nullable: nullability.relationColumn(relation.oid, column.number),
      hasDefault: column.hasDefault || column.generated !== null,
      generated: column.generated !== null || column.identity === "a",
      values: columnValues(relation, column.number, reader),
    })),
  }));
  return { types: reader.types, relations };
}
