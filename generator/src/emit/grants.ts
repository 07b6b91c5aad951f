import type { Catalog } from "../model/catalog.ts";
import type { ObjectPrivilege, Query, TablePrivilege } from "../model/query.ts";
import { queriesFor } from "../model/query-roles.ts";

/** The tables' rights that columns can have. */
const BY_COLUMN = ["select", "insert", "update"] as const;

/** The statements of one table. */
interface TableRights {
  readonly name: string;
  readonly columns: Readonly<Record<(typeof BY_COLUMN)[number], Set<string>>>;
  /** Rights that are needed on any one column. */
  readonly any: Set<(typeof BY_COLUMN)[number]>;
  delete: boolean;
}

/**
 * SQL that takes every right on the schemas' tables, sequences and functions from the role, and then gives it what the
 * queries need that are meant for it (`-- @role <name>`), and nothing else. It can be run again and again; the same input gives the same bytes.
 */
export function grantsFor(
  role: string,
  sets: readonly { catalog: Catalog; queries: readonly Query[] }[],
): string {
  const queries = queriesFor(
    role,
    sets.flatMap((set) => set.queries),
  );
  const privileges = queries.flatMap((query) => query.privileges);
  const rights = privileges.filter((p): p is TablePrivilege => "table" in p);
  const objects = privileges.filter((p): p is ObjectPrivilege => "object" in p);
  const to = identifier(role);
  const schemas = sorted(
    [
      ...rights.map((p) => p.schema),
      ...sets.flatMap((set) => set.catalog.relations.map((r) => r.schema)),
    ].filter((schema) => schema !== "pg_catalog" && schema !== "information_schema"),
  );
  const blocks = [
    "-- Written by `solitude-gen grants` from the queries: what they need, and nothing else. Apply it after the migrations.\n",
    ...schemas.map((schema) => revocations(identifier(schema), to)),
    ...tablesOf(rights.filter((p) => schemas.includes(p.schema))).map((table) =>
      statementsOf(table, sets, to),
    ),
    sorted(objects.map((p) => `grant ${p.kind} ${p.object} to ${to};\n`)).join(""),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function revocations(schema: string, role: string): string {
  return [
    ...["tables", "sequences", "functions"].map(
      (kind) => `revoke all on all ${kind} in schema ${schema} from ${role};\n`,
    ),
    `grant usage on schema ${schema} to ${role};\n`,
  ].join("");
}

function tablesOf(rights: readonly TablePrivilege[]): TableRights[] {
  const tables = new Map<string, TableRights>();
  for (const { kind, schema, table, columns } of rights) {
    const name = `${identifier(schema)}.${identifier(table)}`;
    const entry = tables.get(name) ?? {
      name,
      columns: { select: new Set<string>(), insert: new Set<string>(), update: new Set<string>() },
      any: new Set(),
      delete: false,
    };
    tables.set(name, entry);
    if (kind === "delete") entry.delete = true;
    else if (columns.length === 0) entry.any.add(kind);
    else for (const column of columns) entry.columns[kind].add(column);
  }
  return [...tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function statementsOf(table: TableRights, sets: readonly { catalog: Catalog }[], role: string): string {
  const statements: string[] = [];
  for (const kind of BY_COLUMN) {
    const columns = table.columns[kind];
    // Any column will do: the one that gives away least is the last that is not generated.
    if (columns.size === 0 && table.any.has(kind)) columns.add(lastColumn(table.name, sets));
    if (columns.size === 0) continue;
    const list = sorted([...columns].map(identifier)).join(", ");
    statements.push(`grant ${kind} (${list}) on ${table.name} to ${role};\n`);
  }
  if (table.delete) statements.push(`grant delete on ${table.name} to ${role};\n`);
  return statements.join("");
}

function lastColumn(table: string, sets: readonly { catalog: Catalog }[]): string {
  const relation = sets
    .flatMap((set) => set.catalog.relations)
    .find((r) => `${identifier(r.schema)}.${identifier(r.name)}` === table);
  const column = relation?.columns.findLast((c) => !c.generated) ?? relation?.columns.at(-1);
  if (column === undefined) throw new Error(`${table} has no columns`);
  return column.name;
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/** Always quoted: which words must be differs between versions. */
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
