import type { Catalog } from "../catalog.ts";
import type { Statement } from "./statement.ts";

/** What goes over a table's rows, or may, as the writers spell it. */
const LONG = [
  /^alter table \S.* alter column \S.* type /s,
  /^alter table \S.* alter column \S.* set not null$/s,
  /^alter table \S.* add column .*(?: generated | default | not null)/s,
  /^alter table \S.* (?:set (?:un)?logged|set access method|set tablespace|attach partition) ?/s,
  /^alter table \S.* add constraint /s,
  /^create (?:unique )?index /i,
  /^alter domain \S.* (?:add constraint|set not null|validate constraint)/s,
];

/** Tells whether a statement takes the longer the more rows a table has that is in use. */
export function isLong({ object: key, sql }: Statement, base: Catalog, head: Catalog): boolean {
  const object = head.objects.get(key) ?? base.objects.get(key);
  const table = object?.parent ?? key;
  if (!base.objects.has(table) || / not valid$/i.test(sql)) return false;
  if (LONG.some((pattern) => pattern.test(sql))) return true;
  // A column of a domain is held against its rules.
  const isAdded = object?.kind === "column" && / add column /.test(sql);
  return isAdded && [...(head.needs.get(key) ?? [])].some((needed) => needed.startsWith("domain:"));
}
