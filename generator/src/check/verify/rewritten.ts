import type { ColumnDef, RenameStmt } from "libpg-query";
import type { Span } from "../../model/diagnostic.ts";
import type { Query, TablePrivilege } from "../../model/query.ts";
import { inFile, type SchemaFile } from "../../model/source.ts";
import { type ParsedStatement, parseScript, parseStatement } from "../../postgres/raw-parse.ts";
import { namesOf, nodeOf, nodesOf, type RawNode, walkRaw } from "../../postgres/raw-tree.ts";
import { tokenize } from "../../sql/lexer.ts";
import { partsOf } from "../../sql/quoting.ts";
import { ofBlock } from "../migrations/within.ts";
import type { Catalog, CatalogObject } from "../schema/catalog.ts";
import { addedFiles } from "./added-files.ts";
import { accessOf } from "./concerns/access.ts";

/** A column of which a migration that is new makes the stored values others: no catalog says so, and no row that is tried. */
export interface Rewrite {
  /** The column's key, in both catalogs. */
  readonly column: string;
  /** The statement. */
  readonly span: Span;
  /** Whether only rows that had no value get one. */
  readonly isFill: boolean;
}

interface Schema {
  readonly files: readonly SchemaFile[];
  readonly catalog: Catalog;
}

/** Finds the columns, of those that both schemas have, whose values are written anew by UPDATE, MERGE, ON CONFLICT, or USING. */
export async function rewritesBetween(base: Schema, head: Schema): Promise<Rewrite[]> {
  let all: (Written & { readonly span: Span })[] = [];
  for (const file of addedFiles(base.files, head.files))
    for (const statement of await parseScript(file.text).catch(() => [])) {
      if (statement.kind === "RenameStmt") {
        const { tree } = statement;
        all = all.flatMap((one) => renamed(one, tree) ?? []);
        continue;
      }
      const { start, end } = statement;
      const first = start + /^(?:\s|--[^\n]*(?:\n|$))*/.exec(file.text.slice(start, end))![0].length;
      const span = inFile({ file: file.path, start: first, end }, file);
      for (const written of await writtenAnew(statement, file.text)) all.push({ ...written, span });
    }
  return all.flatMap(({ path, span, isFill }) =>
    columnsNamed(path, base.catalog)
      .filter(({ key }) => head.catalog.objects.has(key))
      .map(({ key }) => ({ column: key, span, isFill })),
  );
}

/** A column that takes the place of another one by its name has other values than that one had, unless they were copied from it. */
function renamed<One extends Written>(written: One, to: RenameStmt): One | null {
  const { newname, subname, relation } = to;
  const column = written.path.at(-1);
  const [table, schema] = written.path.slice(0, -1).reverse();
  const isOther =
    relation?.schemaname !== undefined && schema !== undefined && relation.schemaname !== schema;
  if (newname === undefined || column === undefined || relation?.relname !== table || isOther) return written;
  if (to.renameType === "OBJECT_TABLE")
    return { ...written, path: [...written.path.slice(0, -2), newname, column] };
  if (to.renameType !== "OBJECT_COLUMN" || subname !== column) return written;
  if (written.value !== undefined && isCast(written.value, newname)) return null;
  return { ...written, path: [...written.path.slice(0, -1), newname], isFill: false };
}

interface Written {
  /** `[schema,] table, column`, as far as it is written. */
  readonly path: readonly string[];
  readonly isFill: boolean;
  /** Where one expression gives it. */
  readonly value?: RawNode | undefined;
}

async function writtenAnew(statement: ParsedStatement, text: string): Promise<Written[]> {
  if (statement.kind === "AlterTableStmt")
    return [...usingsIn(statement, text)].flatMap(([path, using]) =>
      using === null ? [] : [{ path, isFill: false }],
    );
  const { kind, tree, start, end } = statement;
  const trees: unknown[] = [{ [kind]: tree }];
  if (kind === "DoStmt")
    for (const inner of await ofBlock(text.slice(start, end))) {
      const parsed = await parseStatement(inner).catch(() => null);
      if (parsed !== null) trees.push({ [parsed.kind]: parsed.tree });
    }
  return trees.flatMap((one) => [...assignmentsIn(one)]);
}

function assignmentsIn(tree: unknown): Written[] {
  const found: Written[] = [];
  type Relation = { readonly schemaname?: string; readonly relname?: string } | undefined;
  const add = (to: Relation, targets: readonly RawNode[] | undefined, where?: RawNode): void => {
    const table = [to?.schemaname, to?.relname].filter((part) => part !== undefined);
    for (const { name, val } of nodesOf(targets, "ResTarget"))
      if (name !== undefined)
        found.push({ path: [...table, name], isFill: isFill(name, val, where), value: val });
  };
  walkRaw(tree, (kind, node) => {
    // What a function does when it is called is no part of the migration.
    if (kind === "CreateFunctionStmt" || kind === "RuleStmt") return false;
    if (kind === "UpdateStmt") add(node.relation, node.targetList, node.whereClause);
    if (kind === "InsertStmt") {
      const { targetList, whereClause } = node.onConflictClause ?? {};
      add(node.relation, targetList, whereClause);
    }
    if (kind === "MergeStmt")
      for (const when of nodesOf(node.mergeWhenClauses, "MergeWhenClause"))
        if (when.commandType === "CMD_UPDATE") add(node.relation, when.targetList, when.condition);
    return true;
  });
  return found;
}

/** Tells whether it gives a value only where there is none: by its condition, or because it keeps the value that is there. */
function isFill(column: string, value: RawNode | undefined, where: RawNode | undefined): boolean {
  const isColumn = (node: RawNode | undefined): boolean =>
    namesOf(nodeOf(node, "ColumnRef")?.fields).at(-1) === column;
  const all = nodeOf(where, "BoolExpr");
  const conditions = all?.boolop === "AND_EXPR" ? (all.args ?? []) : where === undefined ? [] : [where];
  const kept = nodeOf(value, "CoalesceExpr")?.args?.[0];
  return (
    isColumn(kept) ||
    conditions.some((one) => {
      const test = nodeOf(one, "NullTest");
      return test?.nulltesttype === "IS_NULL" && isColumn(test.arg);
    })
  );
}

/** Gives the USING of each column that gets another type; null where that only casts the column, which is done without it, too. */
export function* usingsIn(
  statement: ParsedStatement,
  text: string,
): Generator<[path: readonly string[], string | null]> {
  if (statement.kind !== "AlterTableStmt") return;
  const { schemaname, relname } = statement.tree.relation ?? {};
  for (const { subtype, name, def } of nodesOf(statement.tree.cmds, "AlterTableCmd")) {
    const column = subtype === "AT_AlterColumnType" ? nodeOf(def, "ColumnDef") : undefined;
    if (column === undefined || name === undefined || relname === undefined) continue;
    const path = schemaname === undefined ? [relname, name] : [schemaname, relname, name];
    yield [path, isCast(column.raw_default, name) ? null : usingText(column, statement, text)];
  }
}

function isCast(expression: RawNode | undefined, column: string): boolean {
  if (expression === undefined) return true;
  const cast = nodeOf(expression, "TypeCast");
  if (cast !== undefined) return isCast(cast.arg, column);
  return namesOf(nodeOf(expression, "ColumnRef")?.fields).at(-1) === column;
}

/** The expression stands behind USING, up to the next subcommand or the end. */
function usingText({ location }: ColumnDef, { at, end }: ParsedStatement, text: string): string {
  const start = at(location ?? 0);
  const rest = text.slice(start, end);
  let depth = 0;
  let from = 0;
  for (const { kind, start: first, end: last } of tokenize(rest)) {
    const word = rest.slice(first, last);
    if (word === "(" || word === "[") depth++;
    else if (word === ")" || word === "]") depth--;
    if (depth > 0) continue;
    if (from === 0 && kind === "word" && word.toLowerCase() === "using") from = last;
    else if (from > 0 && (word === "," || word === ";")) return rest.slice(from, first).trim();
  }
  return rest.slice(from).trim();
}

/** The columns that a path may mean: of every table of that name where it has no schema. */
export function columnsNamed(path: readonly string[], catalog: Catalog): CatalogObject[] {
  return [...catalog.objects.values()].filter(
    ({ kind, identity }) =>
      kind === "column" && partsOf(identity).slice(-path.length).join(".") === path.join("."),
  );
}

/** Tells whether a query does one of those things with a column; behind a view or a function it may be any of its table. */
export function usesColumn(
  query: Query,
  column: CatalogObject,
  catalog: Catalog,
  kinds: ReadonlySet<TablePrivilege["kind"]>,
): boolean {
  if (column.parent === null || !accessOf(query, catalog).tables.has(column.parent)) return false;
  const [schema, table, name] = partsOf(column.identity);
  const direct = query.privileges.filter(
    (p) => "table" in p && p.schema === schema && p.table === table && p.kind !== "delete",
  );
  return (
    direct.length === 0 ||
    direct.some(
      (p) => kinds.has(p.kind as TablePrivilege["kind"]) && "columns" in p && p.columns.includes(name!),
    )
  );
}
