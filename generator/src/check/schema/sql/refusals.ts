import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import type { Statement } from "./statement.ts";

/** Gives statements with what rows that are stored may have against them, where nothing else is to be known. */
export function withRefusals(statements: readonly Statement[], base: Catalog, head: Catalog): Statement[] {
  return statements.map((statement) => ({
    ...statement,
    note: statement.note ?? refusalOf(statement, base, head),
  }));
}

/** Says by which rows a statement fails that holds what is stored against something new; null where none can. */
export function refusalOf({ object: key, sql }: Statement, base: Catalog, head: Catalog): string | null {
  const object = head.objects.get(key);
  if (object === undefined) return null;
  switch (object.kind) {
    case "constraint":
      return ADDS.test(sql) && isStored(object, base, head) && !isSaidAgain(object, base)
        ? refusalOfRows(object)
        : null;
    case "index":
      return /^CREATE UNIQUE /.test(sql) && isStored(object, base, head) && !isSaidAgain(object, base)
        ? NOT_EQUAL
        : null;
    case "domain constraint":
      return ADDS.test(sql) && base.objects.has(object.parent!) && !isSaidAgain(object, base)
        ? "fails where a value that is stored does not fit it"
        : null;
    case "domain":
      return / set not null$/.test(sql) ? "fails where a row has no value" : null;
    case "partition":
      if (!base.objects.has(object.parent!)) return null;
      if (ADDS.test(sql)) return UNFIT;
      return / attach partition /.test(sql) ? "fails where a row is of another partition" : null;
    case "table":
      return / partition of /.test(sql) ? refusalOfRest(key, base, head) : null;
    default:
      return null;
  }
}

/** Matches what looks at the rows that are there. */
const ADDS = / (?:add|validate) constraint (?!.* NOT (?:VALID|ENFORCED)$)/s;
const UNFIT = "fails where a row does not fit it";
const NOT_EQUAL = "fails where two rows are equal";

function refusalOfRows({ properties: { type } }: ObjectOf<"constraint">): string | null {
  switch (type) {
    case "check":
      return UNFIT;
    case "foreign key":
      return "fails where a row has no partner";
    case "exclusion":
      return "fails where two rows exclude each other";
    default:
      return type === "unique" || type === "primary key" ? NOT_EQUAL : null;
  }
}

/** Tells whether rows may be stored: what it is a part of was there before, and is of the same kind. */
function isStored({ parent }: CatalogObject, base: Catalog, head: Catalog): boolean {
  const before = parent === null ? undefined : base.objects.get(parent);
  return before !== undefined && before.kind === head.objects.get(parent!)?.kind && before.kind !== "view";
}

/** Tells whether it goes and comes back as it was, so that all rows fit it. */
function isSaidAgain(object: CatalogObject, base: Catalog): boolean {
  const before = base.objects.get(object.key);
  return JSON.stringify(before?.properties) === JSON.stringify(object.properties);
}

/** A new partition takes what the default one has of its rows. */
function refusalOfRest(table: string, base: Catalog, head: Catalog): string | null {
  const made = head.objects.get(`partition:${table}`);
  if (made?.kind !== "partition") return null;
  const hasRest = [...base.objects.values()].some(
    (one) =>
      one.kind === "partition" &&
      one.properties.of === made.properties.of &&
      one.properties.bound === "DEFAULT",
  );
  return hasRest ? "fails where the default partition has a row of it" : null;
}
