import type { Catalog, Oid, PgType } from "../../model/catalog.ts";
import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { EnumLabels } from "./difference.ts";
import type { Facts } from "./facts.ts";

/** The only texts that a value, or an element of it, can have: an enum's labels, or those that a CHECK allows; null for any. */
export function labelsOf(value: Labelled, { catalog }: Pick<Facts, "catalog">): readonly string[] | null {
  if (value.values !== null) return value.values;
  const type = labelled(value.type, catalog);
  return type?.kind === "enum" ? type.labels : type?.kind === "domain" ? type.values : null;
}

/** A value, and the only texts that it can have beside what its type says. */
interface Labelled {
  readonly type: Oid;
  readonly values: readonly string[] | null;
}

/** Gives what is behind arrays, and behind domains up to the first that names its values. */
function labelled(oid: Oid, catalog: Catalog): PgType | undefined {
  const type = catalog.types.get(oid);
  if (type?.kind === "array") return labelled(type.element, catalog);
  return type?.kind === "domain" && type.values === null ? labelled(type.base, catalog) : type;
}

/** Tells of which enum labels are; nothing where they are no enum's, on either side. */
export function ofEnum(
  labels: readonly string[],
  ...sides: readonly (readonly [value: Labelled, facts: Pick<Facts, "catalog">])[]
): { readonly labels?: EnumLabels } {
  const enums = sides.flatMap(([value, facts]) => enumKey(value, facts) ?? []);
  return enums.length < sides.length ? {} : { labels: { enums: [...new Set(enums)], labels } };
}

/** The key of the enum that alone decides which texts a value, or an element of it, can have. */
function enumKey({ type, values }: Labelled, { catalog }: Pick<Facts, "catalog">): string | null {
  const found = values === null ? labelled(type, catalog) : null;
  return found?.kind === "enum"
    ? `enum:${[found.schema, found.name].map((part) => quoteIdentifierIfNeeded(part)).join(".")}`
    : null;
}

/** Gives what is among the first and not among the second; nothing where either is not known. */
export function without(some: readonly string[] | null, others: readonly string[] | null): readonly string[] {
  return some === null || others === null ? [] : some.filter((label) => !others.includes(label));
}

/** As SQL would write them, one after the other. */
export const list = (labels: readonly string[]): string => labels.map((label) => `'${label}'`).join(", ");
