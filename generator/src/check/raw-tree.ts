/** A node of the parser's JSON, which has no types of its own. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Raw = Record<string, any>;

/** Visits every node, outer ones first: `{ SelectStmt: {…} }` is visited as ("SelectStmt", {…}). Return false to stay out of it. */
export function walkRaw(value: unknown, visit: (kind: string, node: Raw) => unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) walkRaw(item, visit);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const isNode = /^[A-Z]/.test(key) && typeof inner === "object" && inner !== null && !Array.isArray(inner);
    if (isNode && visit(key, inner as Raw) === false) continue;
    walkRaw(inner, visit);
  }
}

/** The nodes of one kind within a list such as `[{ ColumnDef: {…} }, …]`. */
export function nodesOf(list: unknown, kind: string): Raw[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: Raw) => (item[kind] ? [item[kind] as Raw] : []));
}

/** A list of names: `[{ String: { sval: "a" } }, …]`. */
export function namesOf(list: unknown): string[] {
  return nodesOf(list, "String").map((s) => s.sval as string);
}

/** The type of a `TypeName` without its schema: `int8`, `timestamptz`; `serial` and its kin as written. */
export function typeNameOf(type: Raw | undefined): string {
  return namesOf(type?.names).at(-1) ?? "";
}

/** `schema.name` of a `RangeVar` as written. */
export function rangeName(range: Raw | undefined): string {
  return [range?.schemaname, range?.relname].filter(Boolean).join(".");
}
