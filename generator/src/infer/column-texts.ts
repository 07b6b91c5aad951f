import { allowedTexts } from "../postgres/allowed-texts.ts";
import type { CatalogReader, RawRelation } from "../postgres/catalog-reader.ts";
import { BPCHAR } from "./constants.ts";

/** The texts that a CHECK or a domain leaves to the column, as they are delivered, or null. */
export function columnTexts(
  relation: RawRelation,
  attno: number,
  catalog: CatalogReader,
): readonly string[] | null {
  const column = relation.columns.get(attno);
  const isChar = column?.type === BPCHAR;
  for (const { expr } of relation.checks) {
    const values = allowedTexts(
      expr,
      isChar ? "char" : "text",
      (node) => node.kind === "Var" && node.varattno === attno,
    );
    // A char(n) comes padded with spaces.
    if (values && (!isChar || values.every((text) => [...text].length === column.length))) return values;
  }
  let type = catalog.type(column?.type ?? 0);
  while (type?.kind === "domain") {
    if (type.values) return type.values;
    type = catalog.type(type.base);
  }
  return null;
}
