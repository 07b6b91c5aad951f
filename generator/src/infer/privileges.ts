import type { Oid } from "../model/catalog.ts";
import type { Query as ModelQuery, ObjectPrivilege, Privilege, TablePrivilege } from "../model/query.ts";
import type { RawColumn, RawFunction, RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { constantBytes } from "../postgres/tree/constant-value.ts";
import type { AnyNode, Query, TargetEntry } from "../postgres/tree/node-types.ts";
import { everyNode } from "../postgres/tree/walk.ts";
import { referencesOf } from "../postgres/type-reader.ts";
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

/** What a statement asks for itself, and what the bodies of functions do that it calls. */
export type Asked = Pick<ModelQuery, "privileges" | "privilegesWithin">;

/**
 * The rights that PostgreSQL checks before it runs the statement, as its analysis has noted them, and those to execute what is evaluated with it: defaults,
 * and CHECKs of the domains that values become. What a view reads under them (`security_invoker`) is among them. Apart stands what functions in SQL do
 * inside, with the rights of who sends it; what others and triggers do is not known.
 */
export function privilegesOf(query: Query, catalog: CatalogReader): Asked {
  const needs = new Needs(catalog);
  needs.lookAtQuery(query, true);
  return needs.asked();
}

/** The rights that COPY needs to store rows with these columns, beside that to insert them. */
export function privilegesOfCopy(
  relation: RawRelation,
  columns: readonly string[],
  catalog: CatalogReader,
): Asked {
  const needs = new Needs(catalog);
  needs.store(relation, columns);
  for (const { name, type } of relation.columns.values()) if (columns.includes(name)) needs.lookAtType(type);
  return needs.asked();
}

/** The rights that CALL needs beside that to execute the procedure: of what its arguments become, be it at its end, and of what it does. */
export function privilegesOfCall(procedure: Oid, types: readonly Oid[], catalog: CatalogReader): Asked {
  const needs = new Needs(catalog);
  for (const type of types) needs.lookAtType(type);
  needs.lookAtBody(procedure);
  return needs.asked();
}

/** Adds up what a statement needs. */
class Needs {
  readonly #catalog: CatalogReader;
  readonly #tables = new Map<string, TablePrivilege & { readonly columns: readonly string[] }>();
  readonly #objects = new Map<string, ObjectPrivilege>();
  readonly #views = new Set<string>();
  /** Functions whose bodies run with the rights of who sends it. */
  readonly #called = new Set<Oid>();
  /** Whether nobody looks up the names in what is looked at. */
  #isBehind = false;

  constructor(catalog: CatalogReader) {
    this.#catalog = catalog;
  }

  asked(): Asked {
    const within = new Needs(this.#catalog);
    const seen = new Set<Oid>();
    for (
      let next = [...this.#called];
      next.length > 0;
      next = [...within.#called].filter((one) => !seen.has(one))
    )
      for (const oid of next) {
        seen.add(oid);
        const isNamed = this.#catalog.function(oid)?.isAtomic === false;
        within.#isBehind = !isNamed;
        for (const query of this.#catalog.wholeBody(oid)) within.lookAtQuery(query, isNamed);
      }
    const inside = within.#all();
    return { privileges: this.#all(), ...(inside.length > 0 && { privilegesWithin: inside }) };
  }

  #all(): Privilege[] {
    return [...this.#tables.values(), ...this.#objects.values()];
  }

  /** @param isNamed whether names are looked up in it by who sends it */
  lookAtQuery(query: Query, isNamed: boolean): void {
    const nodes = everyNode(query);
    for (const node of nodes) {
      this.look(node);
      const called = isNamed ? this.#catalog.function(calledBy(node)) : undefined;
      if (called !== undefined && !called.builtIn)
        this.addObject("usage on schema", quoteIdentifier(called.schema));
    }
    for (const node of nodes) if (node.kind === "Query") this.lookAtDefaults(node);
  }

  /** Looks at what a function does, if that runs with the rights of who calls it. */
  lookAtBody(oid: Oid): void {
    const called = this.#catalog.function(oid);
    if (called?.bodyLanguage === "sql" && called.runsAs === "caller") this.#called.add(oid);
  }

  addObject(kind: ObjectPrivilege["kind"], object: string, isOfExtension = false): void {
    this.#objects.set(`${kind} ${object}`, { kind, object, ...(isOfExtension && { isOfExtension }) });
  }

  look(node: AnyNode): void {
    this.#lookAtCall(node);
    if (node.kind === "RTEPermissionInfo") this.#lookAtRelation(node);
  }

  /** Looks at what DEFAULT stands for where it is written. */
  lookAtDefaults({ targetList, rtable, resultRelation }: Query): void {
    const target = rtable[resultRelation - 1];
    const relation = target?.rtekind === "RTE_RELATION" ? this.#catalog.relation(target.relid) : undefined;
    if (relation === undefined) return;
    for (const { expr, resno } of targetList) {
      const rows = expr.kind === "Var" ? rtable[expr.varno - 1] : undefined;
      const isWritten =
        rows?.rtekind === "RTE_VALUES" && expr.kind === "Var"
          ? rows.values_lists.some((row) => row[expr.varattno - 1]?.kind === "SetToDefault")
          : expr.kind === "SetToDefault";
      const column = relation.columns.get(resno);
      if (isWritten && column !== undefined) this.#default(column);
    }
  }

  /** Looks at what stands in the columns of a row that it is not given: what is evaluated for them, and for the table below a view. */
  store(relation: RawRelation, given: readonly string[]): void {
    const isView = relation.kind === "view";
    const filled = new Set(given);
    for (const column of relation.columns.values()) {
      if (given.includes(column.name)) continue;
      if (column.generated !== null) for (const node of everyNode(column.generated)) this.look(node);
      else if (!isView || column.defaultValue !== null) {
        this.#default(column);
        filled.add(column.name);
      }
    }
    const below = isView ? tableBelow(relation, this.#catalog) : null;
    if (below !== null)
      this.store(
        below.table,
        [...filled].flatMap((name) => below.names.get(name) ?? []),
      );
  }

  /** Looks at what is executed where a text becomes a value of the type: the CHECKs of the domains in it. */
  lookAtType(oid: number, seen = new Set<number>()): void {
    const type = this.#catalog.type(oid);
    if (type === undefined || seen.has(oid)) return;
    seen.add(oid);
    if (type.kind === "domain")
      for (const one of type.restricted?.checks ?? []) this.addObject("execute on function", one);
    for (const part of referencesOf(type)) this.lookAtType(part, seen);
  }

  #default({ defaultValue, sequence, identity, type }: RawColumn): void {
    if (sequence !== null) this.addObject("usage on sequence", sequence);
    // A default is evaluated with the rights of who inserts.
    if (defaultValue !== null) for (const node of everyNode(defaultValue)) this.look(node);
    else if (identity === "") this.#domain(type, true);
  }

  /** A value of a domain, be it NULL, is checked by the domain and those that it is made of. */
  #domain(oid: number, isDefault: boolean): void {
    const type = this.#catalog.type(oid);
    if (type?.kind !== "domain") return;
    const { checks = [], fallback = [] } = type.restricted ?? {};
    for (const one of isDefault ? [...checks, ...fallback] : checks)
      this.addObject("execute on function", one);
    this.#domain(type.base, isDefault);
  }

  #lookAtCall(node: AnyNode): void {
    const called = this.#catalog.function(calledBy(node));
    if (called?.restricted) this.addObject("execute on function", called.restricted, called.isOfExtension);
    if (called !== undefined) this.#lookAtResult(called);
    if (called !== undefined && node.kind === "FuncExpr" && node.args.length < called.argNames.length)
      for (const one of called.restrictedByDefaults) this.addObject("execute on function", one);
    const membership =
      called?.builtIn && called.schema === "pg_catalog" ? MEMBERSHIPS[called.name] : undefined;
    if (membership !== undefined) this.addObject("membership in", membership);
    const drawn = sequenceOf(node, this.#catalog);
    if (drawn !== null) this.addObject(drawn.kind, drawn.object);
    this.#lookAtValue(node, called);
  }

  /** Looks at what makes a value of a type that domains are in. */
  #lookAtValue(node: AnyNode, called: RawFunction | undefined): void {
    if (node.kind === "CoerceToDomain") this.#domain(node.resulttype, false);
    for (const type of typesMadeBy(node, called)) this.lookAtType(type);
  }

  /** Looks at the type of which a body in another language makes values as it ends. */
  #lookAtResult({ oid, bodyLanguage, runsAs, resultType, columnTypes }: RawFunction): void {
    if (bodyLanguage === null || runsAs === "owner") return;
    this.lookAtBody(oid);
    if (bodyLanguage === "plpgsql") for (const type of columnTypes ?? [resultType]) this.#domain(type, false);
  }

  #lookAtRelation(node: PermissionInfo): void {
    const relation = this.#catalog.relation(node.relid);
    if (relation === undefined) return;
    this.#lookIntoView(relation, node);
    // Where rows of an INSERT go, a key may send them to a partition.
    const isOnly = !node.inh && (node.requiredPerms & INSERTS) === 0;
    for (const { kind, bit, columns } of RIGHTS)
      if ((node.requiredPerms & bit) !== 0)
        this.#need(kind, relation, columnsOf(relation, columns === "" ? [] : node[columns]), isOnly);
  }

  #need(kind: TablePrivilege["kind"], relation: RawRelation, named: readonly string[], isOnly = false): void {
    const key = `${kind} ${relation.oid}`;
    const known = this.#tables.get(key);
    const merged = [...new Set([...(known?.columns ?? []), ...named])].sort();
    this.#tables.set(key, {
      kind,
      schema: relation.schema,
      table: relation.name,
      columns: merged,
      ...(this.#isBehind && (known === undefined || known.isBehind) && { isBehind: true }),
      ...(isOnly && kind !== "select" && (known === undefined || known.isOnly) && { isOnly: true }),
    });
    if (kind === "select") this.#lookAtSystem(relation, named);
    if (kind === "insert") this.store(relation, merged);
    if (kind !== "select") this.#passOn(kind, relation, named);
  }

  /** Looks at what names nothing that is looked up by who sends it. */
  #behind(look: () => void): void {
    const before = this.#isBehind;
    this.#isBehind = true;
    look();
    this.#isBehind = before;
  }

  /** Through a view that is written to with the rights of whoever does, its table is, be the view below another one's. */
  #passOn(kind: TablePrivilege["kind"], relation: RawRelation, named: readonly string[]): void {
    const below = tableBelow(relation, this.#catalog);
    if (below === null) return;
    const names = named.flatMap((name) => below.names.get(name) ?? []);
    if (relation.isInvoker) this.#behind(() => this.#need(kind, below.table, names));
    else this.#passOn(kind, below.table, names);
  }

  /** Tells what PostgreSQL's own tables keep from most apart from what anyone may read of them. */
  #lookAtSystem(
    { restrictedColumns, columns, schema, name: table }: RawRelation,
    named: readonly string[],
  ): void {
    if (restrictedColumns.length === 0) return;
    const isWhole = restrictedColumns.length === columns.size;
    const kept = restrictedColumns.filter((column) => named.includes(column));
    // Any one will do.
    const least = named.length === 0 && isWhole ? restrictedColumns.slice(0, 1) : kept;
    if (least.length === 0) return;
    const key = `restricted ${schema}.${table}`;
    const merged = [...new Set([...(this.#tables.get(key)?.columns ?? []), ...least])].sort();
    this.#tables.set(key, { kind: "select", schema, table, columns: merged, isRestricted: true });
  }

  /** A view reads its tables with its owner's rights, and calls functions with those of who asks: those of the columns that are asked for. */
  #lookIntoView(relation: RawRelation, { requiredPerms, selectedCols }: PermissionInfo): void {
    const { oid, isInvoker, viewQuery, checksRows } = relation;
    if (!viewQuery || relation.kind === "materialized view" || (requiredPerms === INSERTS && !checksRows))
      return;
    const key = `${oid} ${selectedCols.join(" ")}`;
    if (this.#views.has(key)) return;
    this.#views.add(key);
    const isWhole = selectedCols.includes(WHOLE_ROW);
    const isUsed = (resno: number): boolean => isWhole || selectedCols.includes(resno + WHOLE_ROW);
    const left = new Set(
      viewQuery.targetList
        .filter((entry) => !isUsed(entry.resno) && mayBeLeftOut(entry, viewQuery, this.#catalog))
        .flatMap((entry) => everyNode(entry)),
    );
    for (const node of everyNode(viewQuery)) {
      if (node.kind === "RTEPermissionInfo") {
        const inner = this.#catalog.relation(node.relid);
        if (isInvoker) this.#behind(() => this.look(node));
        else if (inner) this.#lookIntoView(inner, node);
      } else if (!left.has(node)) this.#lookAtCall(node);
    }
  }
}

type PermissionInfo = Extract<AnyNode, { kind: "RTEPermissionInfo" }>;

const INSERTS = 1 << 0;

/** The types of which a node makes values out of texts, or of what comes from outside. */
function typesMadeBy(node: AnyNode, called: RawFunction | undefined): readonly number[] {
  switch (node.kind) {
    case "Const":
      return node.constisnull ? [] : [node.consttype];
    case "Param":
      return [node.paramtype];
    case "CoerceViaIO":
      return [node.resulttype];
    case "JsonReturning":
      return [node.typid];
    case "TableFunc":
      return node.coltypes;
    case "RangeTblFunction":
      return node.funccoltypes;
    case "FuncExpr":
      return called?.builtIn && /^jsonb?_populate_/.test(called.name) ? [node.funcresulttype] : [];
    default:
      return [];
  }
}

/** Tells whether PostgreSQL leaves out a column of a view that nobody asks for. */
function mayBeLeftOut(entry: TargetEntry, query: Query, catalog: CatalogReader): boolean {
  if (entry.ressortgroupref !== 0 || query.setOperations !== null || query.distinctClause.length > 0)
    return false;
  return everyNode(entry).every((node) => {
    const called = catalog.function(calledBy(node));
    return called === undefined || (called.volatility !== "v" && !called.returnsSet);
  });
}

/** The table that rows of a view are stored in, with its columns by those of the view; null where PostgreSQL finds none by itself. */
function tableBelow(
  { viewQuery, hasRules }: RawRelation,
  catalog: CatalogReader,
): { readonly table: RawRelation; readonly names: ReadonlyMap<string, string> } | null {
  if (viewQuery === null || hasRules || viewQuery.jointree?.fromlist.length !== 1) return null;
  const [from] = viewQuery.jointree.fromlist;
  const entry = from?.kind === "RangeTblRef" ? viewQuery.rtable[from.rtindex - 1] : undefined;
  const table = entry?.rtekind === "RTE_RELATION" ? catalog.relation(entry.relid) : undefined;
  if (table === undefined) return null;
  const names = viewQuery.targetList.flatMap(({ expr, resname }): [string, string][] => {
    const column = expr.kind === "Var" ? table.columns.get(expr.varattno) : undefined;
    return column === undefined || resname === null ? [] : [[resname, column.name]];
  });
  return { table, names: new Map(names) };
}

/** What PostgreSQL asks for inside of functions that anyone may call. */
const MEMBERSHIPS: Readonly<Record<string, string>> = {
  pg_cancel_backend: "pg_signal_backend, for the sessions of other roles",
  pg_terminate_backend: "pg_signal_backend, for the sessions of other roles",
  pg_stat_get_activity: "pg_read_all_stats, or the sessions of other roles show nothing of what they do",
  pg_stat_get_wal_senders: "pg_read_all_stats, or nothing is shown of them",
  pg_database_size: "pg_read_all_stats, for a database that it may not connect to",
  pg_tablespace_size: "pg_read_all_stats, for a tablespace that it may not create in",
  ...Object.fromEntries(
    [
      "pg_create_physical_replication_slot",
      "pg_create_logical_replication_slot",
      "pg_copy_physical_replication_slot",
      "pg_copy_logical_replication_slot",
      "pg_drop_replication_slot",
      "pg_replication_slot_advance",
      "pg_logical_slot_get_changes",
      "pg_logical_slot_peek_changes",
      "pg_logical_slot_get_binary_changes",
      "pg_logical_slot_peek_binary_changes",
    ].map((name) => [name, "those that have REPLICATION (`alter role … replication`)"]),
  ),
};

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
