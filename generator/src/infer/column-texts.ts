import type { Oid } from "../model/catalog.ts";
import { allowedPattern, type TextPattern } from "../postgres/allowed-patterns.ts";
import { allowedTexts } from "../postgres/allowed-texts.ts";
import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { BPCHAR, INT2, INT4, INT8 } from "./constants.ts";

/** Which of a catalog's promises count: see `CatalogFacts`. */
interface Promises {
  readonly catalog: CatalogReader;
  readonly asOf: Oid | null;
  counts(since: Oid): boolean;
}

const INTEGERS: ReadonlySet<Oid> = new Set([INT2, INT4, INT8]);

/** The texts that a CHECK or a domain leaves to the column, as they are delivered, or null. */
export function columnTexts(relation: RawRelation, attno: number, facts: Promises): readonly string[] | null {
  const column = relation.columns.get(attno);
  const isChar = column?.type === BPCHAR;
  const comparison = isChar ? "char" : INTEGERS.has(column?.type ?? 0) ? "integer" : "text";
  for (const { since, expr } of relation.checks) {
    if (!facts.counts(since)) continue;
    const values = allowedTexts(expr, comparison, (node) => node.kind === "Var" && node.varattno === attno);
    // A char(n) comes padded with spaces.
    if (values && (!isChar || values.every((text) => [...text].length === column.length))) return values;
  }
  // How old a domain's constraint is nobody knows.
  if (facts.asOf !== null) return null;
  let type = facts.catalog.type(column?.type ?? 0);
  while (type?.kind === "domain") {
    if (type.values) return type.values;
    type = facts.catalog.type(type.base);
  }
  return null;
}

/** The form that a CHECK demands of the texts of a column, or null. */
export function columnPattern(relation: RawRelation, attno: number, facts: Promises): TextPattern | null {
  for (const { since, expr } of relation.checks) {
    if (!facts.counts(since)) continue;
    const pattern = allowedPattern(expr, (node) => node.kind === "Var" && node.varattno === attno);
    if (pattern) return pattern;
  }
  return null;
}
