import type { ColumnDef, InsertStmt, RangeVar, RenameStmt, SelectStmt } from "libpg-query";
import type { Span } from "../../model/diagnostic.ts";
import type { ParsedStatement } from "../../postgres/raw-parse.ts";
import { namesOf, nodeOf, nodesOf, type RawNode, type RawTree, walkRaw } from "../../postgres/raw-tree.ts";
import { tokenize } from "../../sql/lexer.ts";
import { partsOf } from "../../sql/quoting.ts";
import type { Catalog } from "../schema/catalog.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Routines } from "./called.ts";

/** A column that a statement gives other values than it had, as its text says. */
export interface Assigned {
  /** `[schema,] table, column`, as far as it is written; the table may be a view. */
  readonly path: readonly string[];
  /** The statement. */
  readonly span: Span;
  /** Whether only rows that had no value get one. */
  readonly isFill: boolean;
  /** Whether all that is known is that it takes another one's name: its values may have come from there in a way that was not read. */
  readonly isGuess?: true;
  /** Whether its name stands for another column of those that were there: the two have changed places, or one took the place of one that has gone. */
  readonly isExchanged?: true;
  /** The expression behind USING, where that gives it another type. */
  readonly using?: string;
}

interface Written extends Assigned {
  /** Where one expression gives it. */
  readonly value?: RawNode | undefined;
  /** Whether it concerns nobody before it takes another one's name: a column or table that is new has no values to lose. */
  readonly isApart?: true;
}

interface Origin {
  readonly path: readonly string[];
  /** The name that it had at first. */
  readonly first: string;
  /** The statement that gave it the name that it has now. */
  readonly span: Span;
}

/** Follows the statements of migrations, and the names of what they write to. */
export class Assignments {
  readonly #routines: Routines;
  readonly #base: Catalog;
  #written: Written[] = [];
  /** The columns of the tables that were made on the way, by name. */
  readonly #made = new Map<string, readonly string[]>();
  /** What columns that have another name were called at first, by path. */
  readonly #origins = new Map<string, Origin>();
  /** The columns that are gone meanwhile, by path. */
  readonly #gone = new Set<string>();

  /** @param base the schema that the migrations run on */
  constructor(base: Catalog, routines: Routines) {
    this.#base = base;
    this.#routines = routines;
  }

  get found(): readonly Assigned[] {
    return [...this.#written.filter(({ isApart }) => !isApart), ...this.#exchanged()];
  }

  #exchanged(): Assigned[] {
    return [...this.#origins.values()].flatMap(({ path, first, span }): Assigned[] => {
      const wasThere = (name: string): boolean => columnsIn(path.slice(0, -1), this.#base).includes(name);
      const name = path.at(-1)!;
      return first !== name && wasThere(first) && wasThere(name)
        ? [{ path, span, isFill: false, isExchanged: true }]
        : [];
    });
  }

  async follow({ statement, text, sql, span }: MigrationStatement): Promise<void> {
    this.#routines.note(statement, sql);
    if (statement.kind === "AlterTableStmt") this.#alter(statement, text, span);
    const { trees } = await this.#routines.whole(statement, sql);
    for (const tree of trees) this.#take(tree, span);
  }

  #take(one: RawTree, span: Span): void {
    walkRaw({ [one.kind]: one.tree }, (kind, node) => {
      // What a function does when it is called is no part of the migration.
      if (kind === "CreateFunctionStmt" || kind === "RuleStmt") return false;
      if (kind === "RenameStmt") this.#rename(node, span);
      if (kind === "CreateStmt")
        this.#made.set(node.relation?.relname ?? "", this.#columnsOf(node.tableElts));
      if (kind === "UpdateStmt") this.#assign(node.relation, node.targetList, node.whereClause, span);
      if (kind === "InsertStmt") {
        const { targetList, whereClause } = node.onConflictClause ?? {};
        this.#assign(node.relation, targetList, whereClause, span);
        this.#insert(node, span);
      }
      if (kind === "CreateTableAsStmt") {
        const names = namesOf(node.into?.colNames);
        this.#copy(node.into?.rel, names.length > 0 ? names : null, nodeOf(node.query, "SelectStmt"), span);
      }
      if (kind === "SelectStmt" && node.intoClause !== undefined)
        this.#copy(node.intoClause.rel, null, node, span);
      if (kind === "MergeStmt")
        for (const when of nodesOf(node.mergeWhenClauses, "MergeWhenClause"))
          if (when.commandType === "CMD_UPDATE")
            this.#assign(node.relation, when.targetList, when.condition, span);
      return true;
    });
  }

  #assign(
    to: RangeVar | undefined,
    targets: readonly RawNode[] | undefined,
    where: RawNode | undefined,
    span: Span,
  ): void {
    for (const { name, val } of nodesOf(targets, "ResTarget")) {
      if (name === undefined) continue;
      const path = [...pathOf(to), name];
      // A column that is new gets its values now.
      this.#written = this.#written.filter((one) => !one.isGuess || !isSame(one.path, path));
      this.#written.push({ path, isFill: isFill(name, val, where), value: val, span });
    }
  }

  /** A table that is filled from a query. */
  #insert({ relation, cols, selectStmt }: InsertStmt, span: Span): void {
    const select = nodeOf(selectStmt, "SelectStmt");
    if (select?.targetList === undefined) return;
    const names = nodesOf(cols, "ResTarget").map(({ name = "" }) => name);
    this.#copy(
      relation,
      names.length > 0 ? names : (this.#made.get(relation?.relname ?? "") ?? null),
      select,
      span,
    );
  }

  /** @param names of the columns, in order; null where those of the query count */
  #copy(
    to: RangeVar | undefined,
    names: readonly string[] | null,
    select: SelectStmt | undefined,
    span: Span,
  ): void {
    const targets = nodesOf(select?.targetList, "ResTarget");
    const isStar = ({ val }: (typeof targets)[number]): boolean =>
      nodesOf(nodeOf(val, "ColumnRef")?.fields, "A_Star").length > 0;
    for (const [i, target] of targets.entries()) {
      // Behind a star the places are not known.
      if (isStar(target)) {
        if (names !== null) return;
        continue;
      }
      const { name, val } = target;
      const column = names === null ? (name ?? namesOf(nodeOf(val, "ColumnRef")?.fields).at(-1)) : names[i];
      if (column === undefined) continue;
      this.#written.push({ path: [...pathOf(to), column], isFill: false, value: val, span, isApart: true });
    }
  }

  #alter(statement: ParsedStatement & { readonly kind: "AlterTableStmt" }, text: string, span: Span): void {
    for (const [path, using] of usingsIn(statement, text))
      if (using !== null) this.#written.push({ path, isFill: false, using, span });
    const table = pathOf(statement.tree.relation);
    const commands = nodesOf(statement.tree.cmds, "AlterTableCmd");
    for (const { subtype, name } of commands)
      if (subtype === "AT_DropColumn" && name !== undefined) this.#gone.add([...table, name].join("."));
    for (const { subtype, def } of commands) {
      const column = subtype === "AT_AddColumn" ? nodeOf(def, "ColumnDef")?.colname : undefined;
      if (column === undefined) continue;
      const path = [...table, column];
      const isBack = this.#gone.has(path.join("."));
      this.#written.push({ path, isFill: false, isGuess: true, span, ...(!isBack && { isApart: true }) });
    }
  }

  /** Follows a new name: what takes the place of another one has other values than that one had, unless they were copied from it. */
  #rename({ newname, subname, relation, renameType }: RenameStmt, span: Span): void {
    if (newname === undefined || relation === undefined) return;
    if (renameType === "OBJECT_COLUMN" && subname !== undefined)
      this.#move([...pathOf(relation), subname], [...pathOf(relation), newname], span);
    const isTable = renameType === "OBJECT_TABLE" || renameType === "OBJECT_VIEW";
    if (isTable && relation.relname !== undefined) {
      const made = this.#made.get(relation.relname);
      if (made !== undefined) this.#made.set(newname, made);
    }
    if (renameType === "OBJECT_COLUMN" && subname !== undefined)
      this.#gone.add([...pathOf(relation), subname].join("."));
    this.#written = this.#written.flatMap(({ isApart, ...written }) => {
      const kept = isApart ? [{ ...written, isApart }] : [written];
      const column = written.path.at(-1)!;
      const [table, schema] = written.path.slice(0, -1).reverse();
      const isOther =
        relation.schemaname !== undefined && schema !== undefined && relation.schemaname !== schema;
      if (relation.relname !== table || isOther) return kept;
      if (isTable) {
        if (isApart && written.value !== undefined && isCast(written.value, column)) return [];
        return [{ ...written, path: [...written.path.slice(0, -2), newname, column] }];
      }
      if (renameType !== "OBJECT_COLUMN" || subname !== column) return kept;
      if (written.value !== undefined && isCast(written.value, newname)) return [];
      return [{ ...written, path: [...written.path.slice(0, -1), newname], isFill: false }];
    });
  }

  /** Notes where a column's values come from, unless it has got those of the one whose name it takes. */
  #move(from: readonly string[], to: readonly string[], span: Span): void {
    const [key, next] = [from.slice(-2).join("."), to.slice(-2).join(".")];
    // On a schema that a plan has expanded the new name is there beside the old, and the migration is not run.
    const isFree = [...this.#gone].some((path) => path === next || path.endsWith(`.${next}`));
    if (!isFree && columnsIn(to.slice(0, -1), this.#base).includes(to.at(-1)!)) return;
    const first = this.#origins.get(key)?.first ?? from.at(-1)!;
    this.#origins.delete(key);
    const isCopy = this.#written.some(
      ({ path, value }) => isSame(path, from) && value !== undefined && isCast(value, to.at(-1)!),
    );
    if (!isCopy) this.#origins.set(next, { path: to, first, span });
  }

  #columnsOf(elements: readonly RawNode[] | undefined): string[] {
    return (elements ?? []).flatMap((element) => {
      const column = nodeOf(element, "ColumnDef")?.colname;
      if (column !== undefined) return [column];
      const like = nodeOf(element, "TableLikeClause")?.relation;
      if (like === undefined) return [];
      return this.#made.get(like.relname ?? "") ?? columnsIn(pathOf(like), this.#base);
    });
  }
}

const pathOf = (to: RangeVar | undefined): string[] =>
  [to?.schemaname, to?.relname].filter((part) => part !== undefined);

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(-2).join(".") === b.slice(-2).join(".") && (a.length !== b.length || a[0] === b[0]);

/** The columns of a table, in order. */
function columnsIn(path: readonly string[], catalog: Catalog): string[] {
  const own = [...catalog.objects.values()].filter(
    ({ kind, identity }) =>
      kind === "column" && partsOf(identity).slice(0, -1).slice(-path.length).join(".") === path.join("."),
  );
  return own
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
    .flatMap(({ identity }) => partsOf(identity).slice(-1));
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
