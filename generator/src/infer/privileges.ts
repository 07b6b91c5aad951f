import type { ObjectPrivilege, Privilege, TablePrivilege } from "../model/query.ts";
import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { constantBytes } from "../postgres/tree/constant-value.ts";
import type { AnyNode, Query } from "../postgres/tree/node-types.ts";
import { everyNode } from "../postgres/tree/walk.ts";
import { quoteIdentifier } from "../sql/quoting.ts";
import { calledBy } from "./operators.ts";

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
 * trigger does inside, under the caller's rights, is not among them; what a view reads under them (`security_invoker`) is.
 */
export function privilegesOf(query: Query, catalog: CatalogReader): Privilege[] {
  const tables = new Map<string, TablePrivilege & { readonly columns: string[] }>();
  const objects = new Map<string, ObjectPrivilege>();
  const addObject = (kind: ObjectPrivilege["kind"], object: string): void => {
    objects.set(`${kind} ${object}`, { kind, object });
  };
  const views = new Set<number | string>();
  const lookAtCall = (node: AnyNode): void => {
    const restricted = catalog.function(calledBy(node))?.restricted;
    if (restricted) addObject("execute on function", restricted);
    const drawn = sequenceOf(node, catalog);
    if (drawn !== null) addObject(drawn.kind, drawn.object);
  };
  /** A view reads its tables with its owner's rights, and calls functions with those of who asks. */
  const lookIntoView = ({ oid, isInvoker, viewQuery }: RawRelation): void => {
    if (!viewQuery || views.has(oid)) return;
    views.add(oid);
    for (const node of everyNode(viewQuery)) {
      if (isInvoker) look(node);
      else lookAtCall(node);
      const inner = node.kind === "RTEPermissionInfo" ? catalog.relation(node.relid) : undefined;
      if (inner) lookIntoView(inner);
    }
  };
  const look = (node: AnyNode): void => {
    lookAtCall(node);
    if (node.kind !== "RTEPermissionInfo") return;
    const relation = catalog.relation(node.relid);
    if (!relation) return;
    lookIntoView(relation);
    for (const { kind, bit, columns } of RIGHTS) {
      if ((node.requiredPerms & bit) === 0) continue;
      const key = `${kind} ${relation.oid}`;
      const known = tables.get(key)?.columns ?? [];
      const merged = [
        ...new Set([...known, ...columnsOf(relation, columns === "" ? [] : node[columns])]),
      ].sort();
      tables.set(key, { kind, schema: relation.schema, table: relation.name, columns: merged });
      if (kind !== "insert") continue;
      for (const { name, sequence, defaultValue } of relation.columns.values()) {
        if (merged.includes(name)) continue;
        if (sequence !== null) addObject("usage on sequence", sequence);
        // A default is evaluated with the rights of who inserts.
        everyNode(defaultValue).forEach(look);
      }
    }
  };
  for (const node of everyNode(query)) {
    look(node);
    // Its name is looked up in the schema by who sends it.
    const called = catalog.function(calledBy(node));
    if (called !== undefined && !called.builtIn) addObject("usage on schema", quoteIdentifier(called.schema));
  }
  return [...tables.values(), ...objects.values()];
}

function columnsOf(relation: RawRelation, numbers: readonly number[]): string[] {
  if (numbers.includes(WHOLE_ROW)) return [...relation.columns.values()].map((column) => column.name);
  return numbers.flatMap(
    (number) => SYSTEM_COLUMNS[number] ?? relation.columns.get(number - WHOLE_ROW)?.name ?? [],
  );
}

/** nextval, currval, and setval of two and three arguments: their OIDs are those of every version. */
const SEQUENCE_RIGHTS: ReadonlyMap<number, ObjectPrivilege["kind"]> = new Map([
  [1574, "usage on sequence"],
  [1575, "usage on sequence"],
  [1576, "update on sequence"],
  [1765, "update on sequence"],
]);

/** The right on the sequence that a call names; one that is computed is not known. */
function sequenceOf(node: AnyNode, catalog: CatalogReader): ObjectPrivilege | null {
  const kind = node.kind === "FuncExpr" ? SEQUENCE_RIGHTS.get(node.funcid) : undefined;
  if (kind === undefined || node.kind !== "FuncExpr") return null;
  const [named] = node.args;
  const bytes = named?.kind === "Const" ? constantBytes(named) : null;
  const object = bytes === null ? undefined : catalog.sequence(uint32(bytes));
  return object === undefined ? null : { kind, object };
}

/** An oid as the server has it in memory. */
function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
