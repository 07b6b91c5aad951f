import type { ObjectPrivilege, Privilege, TablePrivilege } from "../model/query.ts";
import type { CatalogReader, RawRelation } from "../postgres/catalog-reader.ts";
import { asList, asNode, asNumber, type Node, type Value } from "../postgres/node-tree.ts";

/** `ACL_INSERT` … of parsenodes.h, with the field of RTEPermissionInfo that has the columns. */
const RIGHTS = [
  { kind: "select", bit: 1 << 1, columns: "selectedCols" },
  { kind: "insert", bit: 1 << 0, columns: "insertedCols" },
  { kind: "update", bit: 1 << 2, columns: "updatedCols" },
  { kind: "delete", bit: 1 << 3, columns: "" },
] as const;

/** Column sets count from below the lowest system attribute (`FirstLowInvalidHeapAttributeNumber`, -7). */
const WHOLE_ROW = 7;
/** From there on. */
const SYSTEM_COLUMNS = ["", "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"];

/**
 * The rights that PostgreSQL checks before it runs the statement, as its analysis has noted them. What a function or a
 * trigger does inside, under the caller's rights, is not among them.
 */
export function privilegesOf(query: Node, catalog: CatalogReader): Privilege[] {
  const tables = new Map<string, TablePrivilege & { readonly columns: string[] }>();
  const objects = new Map<string, ObjectPrivilege>();
  const addObject = (kind: ObjectPrivilege["kind"], object: string): void => {
    objects.set(`${kind} ${object}`, { kind, object });
  };
  visit(query, (node) => {
    const restricted = catalog.function(
      asNumber(node.funcid ?? node.opfuncid ?? node.aggfnoid ?? node.winfnoid),
    )?.restricted;
    if (restricted) addObject("execute on function", restricted);
    const relation = node.node === "RTEPERMISSIONINFO" ? catalog.relation(asNumber(node.relid)) : undefined;
    if (!relation) return;
    for (const { kind, bit, columns } of RIGHTS) {
      if ((asNumber(node.requiredPerms) & bit) === 0) continue;
      const key = `${kind} ${relation.oid}`;
      const known = tables.get(key)?.columns ?? [];
      const merged = [...new Set([...known, ...columnsOf(relation, node[columns])])].sort();
      tables.set(key, { kind, schema: relation.schema, table: relation.name, columns: merged });
      if (kind !== "insert") continue;
      for (const { name, sequence } of relation.columns.values()) {
        if (sequence !== null && !merged.includes(name)) addObject("usage on sequence", sequence);
      }
    }
  });
  return [...tables.values(), ...objects.values()];
}

function columnsOf(relation: RawRelation, set: Value | undefined): string[] {
  const numbers = asList(set).map(asNumber);
  if (numbers.includes(WHOLE_ROW)) return [...relation.columns.values()].map((column) => column.name);
  return numbers.flatMap(
    (number) => SYSTEM_COLUMNS[number] ?? relation.columns.get(number - WHOLE_ROW)?.name ?? [],
  );
}

function visit(value: Value, look: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, look);
  const node = asNode(value);
  if (node === null) return;
  look(node);
  for (const field of Object.values(node)) visit(field, look);
}
