import type { Constraint, IndexStmt, RangeVar } from "libpg-query";
import type { Span } from "../../../model/diagnostic.ts";
import { once } from "../../../model/once.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { type ParsedStatement, parseScript } from "../../../postgres/raw-parse.ts";
import {
  type AnyFields,
  namesOf,
  nodeOf,
  nodesOf,
  type RawNode,
  type RawTree,
} from "../../../postgres/raw-tree.ts";

/** What is said of an object apart from what it is made of, and taken away from it as it is given. */
export type Aspect = "comment" | "default" | "grant";

/** That a statement is about an object. */
export interface Touch {
  readonly verb: "create" | "define" | "drop" | Aspect;
  /** Unquoted, as far as the statement says them: schema, relation, part. */
  readonly path: readonly string[];
  readonly span: Span;
}

/** Reads what each statement of the files is about, in the order of the files. */
export async function readTouches(files: readonly SchemaFile[]): Promise<Touch[]> {
  const touches: Touch[] = [];
  for (const file of files) touches.push(...(await once(READ, file, () => readFile(file))));
  return touches;
}

/** By file, for as long as it is held: several checks of a run ask. */
const READ = new WeakMap<SchemaFile, Promise<readonly Touch[]>>();

async function readFile(file: SchemaFile): Promise<readonly Touch[]> {
  const statements = await parseScript(file.text).catch(() => []);
  return statements.flatMap((statement) => touchesOf(statement, file));
}

function touchesOf(statement: ParsedStatement, file: SchemaFile): Touch[] {
  const lead = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(
    file.text.slice(statement.start, statement.end),
  );
  const start = statement.start + (lead?.[0].length ?? 0);
  const whole: Span = { file: file.path, start, end: statement.end };
  const found: Touch[] = [];
  const touch = (
    path: readonly (string | undefined)[],
    verb: Touch["verb"] = "define",
    location?: number,
  ): void => {
    const span =
      location === undefined ? whole : { ...whole, start: Math.max(start, statement.at(location)) };
    const known = path.filter((part): part is string => part !== undefined && part !== "");
    if (known.length > 0) found.push({ verb, path: known, span });
  };

  const { kind, tree } = statement;
  switch (kind) {
    case "CreateStmt":
    case "CreateForeignTableStmt": {
      const create = kind === "CreateStmt" ? tree : tree.base;
      const table = rangePath(create?.relation);
      touch(table, "create");
      for (const element of create?.tableElts ?? []) tableElement(element, table, touch);
      break;
    }
    case "AlterTableStmt": {
      const table = rangePath(tree.relation);
      touch(table);
      for (const { subtype, name, def } of nodesOf(tree.cmds, "AlterTableCmd")) {
        if (name) touch([...table, name], VERBS[subtype ?? ""] ?? "define");
        if (def) tableElement(def, table, touch);
        const altered = nodeOf(def, "ATAlterConstraint")?.conname;
        if (altered) touch([...table, altered]);
      }
      break;
    }
    case "IndexStmt":
      touch([
        tree.relation?.schemaname,
        tree.idxname ?? usualName(tree.relation?.relname, indexColumns(tree), "idx"),
      ]);
      break;
    case "ViewStmt":
      touch(rangePath(tree.view), "create");
      break;
    case "CreateTableAsStmt":
      touch(rangePath(tree.into?.rel), "create");
      break;
    case "RefreshMatViewStmt":
      if (tree.skipData) touch(rangePath(tree.relation));
      break;
    case "CreateFunctionStmt":
      touch(namesOf(tree.funcname));
      break;
    case "AlterFunctionStmt":
      touch(namesOf(tree.func?.objname));
      break;
    case "AlterRoleStmt":
    case "AlterRoleSetStmt":
      touch([tree.role?.rolename]);
      break;
    case "CreateSeqStmt":
    case "AlterSeqStmt":
      touch(rangePath(tree.sequence));
      break;
    case "CompositeTypeStmt":
      touch(rangePath(tree.typevar));
      for (const element of tree.coldeflist ?? []) tableElement(element, rangePath(tree.typevar), touch);
      break;
    case "CreateEnumStmt":
      touch(namesOf(tree.typeName), "create");
      for (const label of namesOf(tree.vals)) touch([...namesOf(tree.typeName), label]);
      break;
    case "AlterEnumStmt":
      touch(namesOf(tree.typeName));
      if (tree.oldVal !== undefined) touch([...namesOf(tree.typeName), tree.oldVal], "drop");
      touch([...namesOf(tree.typeName), tree.newVal]);
      break;
    case "CreateTrigStmt":
      touch([...rangePath(tree.relation), tree.trigname]);
      break;
    case "RuleStmt":
      touch([...rangePath(tree.relation), tree.rulename]);
      break;
    case "CreatePolicyStmt":
    case "AlterPolicyStmt":
      touch([...rangePath(tree.table), tree.policy_name]);
      break;
    case "RenameStmt":
      touch([...(tree.relation ? rangePath(tree.relation) : objectPath(tree.object)), tree.subname], "drop");
      touch(
        tree.subname
          ? [...rangePath(tree.relation), tree.newname]
          : [...rangePath(tree.relation).slice(0, -1), tree.newname],
      );
      break;
    case "CommentStmt":
      touch(objectPath(tree.object), "comment");
      break;
    case "GrantStmt":
      for (const object of tree.objects ?? []) touch(objectPath(object), "grant");
      break;
    case "DropStmt":
      for (const object of tree.objects ?? []) touch(objectPath(object), "drop");
      break;
    default:
      touch(anyName(tree));
  }
  return found;
}

const VERBS: Readonly<Record<string, Touch["verb"]>> = {
  AT_DropColumn: "drop",
  AT_DropConstraint: "drop",
  AT_ColumnDefault: "default",
};

const SUFFIXES: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: "pkey",
  CONSTR_UNIQUE: "key",
  CONSTR_FOREIGN: "fkey",
  CONSTR_CHECK: "check",
};

/** The name that PostgreSQL gives to a constraint or index that has none, as long as it is not taken. */
function usualName(table: string | undefined, columns: readonly string[], suffix: string): string {
  return [table, ...columns, suffix].join("_").slice(0, 63);
}

function indexColumns(index: IndexStmt): string[] {
  return nodesOf(index.indexParams, "IndexElem").map((element) => element.name ?? "expr");
}

function constraintName(
  constraint: Constraint,
  table: readonly string[],
  column: string | undefined,
): string | undefined {
  if (constraint.conname) return constraint.conname;
  const suffix = SUFFIXES[constraint.contype ?? ""];
  if (suffix === undefined) return undefined;
  const named = namesOf(constraint.fk_attrs ?? constraint.keys);
  const columns = named.length > 0 ? named : column === undefined ? [] : [column];
  return usualName(table.at(-1), suffix === "pkey" ? [] : columns, suffix);
}

function tableElement(
  element: RawNode,
  table: readonly string[],
  touch: (path: readonly (string | undefined)[], verb?: Touch["verb"], location?: number) => void,
): void {
  const column = nodeOf(element, "ColumnDef");
  const constraint = nodeOf(element, "Constraint");
  if (column?.colname) touch([...table, column.colname], "define", column.location);
  const touchConstraint = (one: Constraint): void => {
    const name = constraintName(one, table, column?.colname);
    if (name !== undefined) touch([...table, name], "define", one.location);
  };
  if (constraint) touchConstraint(constraint);
  for (const inner of nodesOf(column?.constraints, "Constraint")) touchConstraint(inner);
}

const NAMED_BY_LIST = [
  "typeName",
  "domainname",
  "defnames",
  "cfgname",
  "dictname",
  "opfamilyname",
  "opclassname",
] as const;

/** The name of a statement that has but one, wherever its node keeps it. */
function anyName(tree: RawTree["tree"]): string[] {
  const fields: AnyFields = tree;
  for (const field of NAMED_BY_LIST) {
    const names = fields[field];
    if (Array.isArray(names)) return namesOf(names);
  }
  const name =
    fields.schemaname ??
    fields.extname ??
    fields.role ??
    fields.trigname ??
    fields.conname ??
    fields.pubname ??
    fields.servername ??
    fields.fdwname;
  if (typeof name === "string") return [name];
  return fields.relation
    ? rangePath(fields.relation as RangeVar)
    : objectPath(fields.object as RawNode | undefined);
}

export function rangePath(range: RangeVar | undefined): string[] {
  return [range?.schemaname, range?.relname].filter((part): part is string => typeof part === "string");
}

/** An object as `drop`, `comment on` and `alter … owner` name it: a name, a list, a type, a function with arguments. */
export function objectPath(object: RawNode | undefined): string[] {
  if (object === undefined) return [];
  const range = nodeOf(object, "RangeVar");
  return range
    ? rangePath(range)
    : [
        ...namesOf([object]),
        ...namesOf(nodeOf(object, "TypeName")?.names),
        ...namesOf(nodeOf(object, "ObjectWithArgs")?.objname),
        ...(nodeOf(object, "List")?.items ?? []).flatMap(objectPath),
      ];
}
