import { allowedTexts } from "../postgres/allowed-texts.ts";
import type { CatalogReader, RawRelation } from "../postgres/catalog-reader.ts";
import { asNumber, type Node } from "../postgres/node-tree.ts";

const BPCHAR = 1042;

/** The texts that a CHECK or a domain allows in the column, as they are delivered, or null. */
export function columnValues(
  relation: RawRelation,
  attno: number,
  catalog: CatalogReader,
): readonly string[] | null {
  const column = relation.columns.get(attno);
  const isSubject = (node: Node): boolean => node.node === "VAR" && asNumber(node.varattno) === attno;
  const isChar = column?.type === BPCHAR;
  for (const check of relation.checks) {
    const values = allowedTexts(check, isChar ? "char" : "text", isSubject);
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
