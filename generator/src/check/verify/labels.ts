import type { Oid } from "../../model/catalog.ts";
import type { Facts } from "./difference.ts";

/** The only texts that a value, or an element of it, can have: an enum's labels, or those that a CHECK allows; null for any. */
export function labelsOf(
  value: { readonly type: Oid; readonly values: readonly string[] | null },
  { catalog }: Pick<Facts, "catalog">,
): readonly string[] | null {
  if (value.values !== null) return value.values;
  let type = catalog.types.get(value.type);
  while (type?.kind === "array" || type?.kind === "domain") {
    if (type.kind === "domain" && type.values !== null) return type.values;
    type = catalog.types.get(type.kind === "array" ? type.element : type.base);
  }
  return type?.kind === "enum" ? type.labels : null;
}

/** Gives what is among the first and not among the second; nothing where either is not known. */
export function without(some: readonly string[] | null, others: readonly string[] | null): readonly string[] {
  return some === null || others === null ? [] : some.filter((label) => !others.includes(label));
}

/** As SQL would write them, one after the other. */
export const list = (labels: readonly string[]): string => labels.map((label) => `'${label}'`).join(", ");
