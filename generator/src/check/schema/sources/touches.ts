import type { Span } from "../../../model/diagnostic.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { type ParsedStatement, parseScript } from "../../../postgres/raw-parse.ts";

// biome-ignore lint/suspicious/noExplicitAny: the parser's JSON has no types of its own
type Raw = Record<string, any>;

/** That a statement is about an object. */
export interface Touch {
  readonly verb: "create" | "define" | "drop" | "comment" | "grant";
  /** Unquoted, as far as the statement says them: schema, relation, part. */
  readonly path: readonly string[];
  readonly span: Span;
}

/** What each statement of the files is about, in the order of the files. */
export async function readTouches(files: readonly SchemaFile[]): Promise<Touch[]> {
  const touches: Touch[] = [];
  for (const file of files) {
    const statements = await parseScript(file.text).catch(() => []);
    for (const statement of statements) touches.push(...touchesOf(statement, file));
  }
  return touches;
}

function touchesOf(statement: ParsedStatement, file: SchemaFile): Touch[] {
  const { node } = statement;
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

  switch (statement.kind) {
    case "CreateStmt":
    case "CreateForeignTableStmt": {
      const create = (statement.kind === "CreateStmt" ? node : node.base) as Raw;
      const table = rangePath(create.relation);
      touch(table, "create");
      for (const element of (create.tableElts ?? []) as Raw[]) tableElement(element, table, touch);
      break;
    }
    case "AlterTableStmt": {
      const table = rangePath(node.relation);
      touch(table);
      for (const { AlterTableCmd: command } of (node.cmds ?? []) as Raw[]) {
        const isDrop = /^AT_Drop(?:Column|Constraint)$/.test(command.subtype);
        if (command.name) touch([...table, command.name], isDrop ? "drop" : "define");
        if (command.def) tableElement(command.def, table, touch);
      }
      break;
    }
    case "IndexStmt":
      touch([node.relation?.schemaname, node.idxname ?? usualName(node.relation, indexColumns(node), "idx")]);
      break;
    case "ViewStmt":
      touch(rangePath(node.view), "create");
      break;
    case "CreateTableAsStmt":
      touch(rangePath(node.into?.rel), "create");
      break;
    case "CreateFunctionStmt":
      touch(namePath(node.funcname));
      break;
    case "CreateSeqStmt":
    case "AlterSeqStmt":
      touch(rangePath(node.sequence));
      break;
    case "CompositeTypeStmt":
      touch(rangePath(node.typevar));
      for (const element of (node.coldeflist ?? []) as Raw[])
        tableElement(element, rangePath(node.typevar), touch);
      break;
    case "CreateTrigStmt":
      touch([...rangePath(node.relation), node.trigname]);
      break;
    case "RuleStmt":
      touch([...rangePath(node.relation), node.rulename]);
      break;
    case "CreatePolicyStmt":
    case "AlterPolicyStmt":
      touch([...rangePath(node.table), node.policy_name]);
      break;
    case "RenameStmt":
      touch([...(node.relation ? rangePath(node.relation) : objectPath(node.object)), node.subname], "drop");
      touch(
        node.subname
          ? [...rangePath(node.relation), node.newname]
          : [...rangePath(node.relation).slice(0, -1), node.newname],
      );
      break;
    case "CommentStmt":
      touch(objectPath(node.object), "comment");
      break;
    case "GrantStmt":
      for (const object of (node.objects ?? []) as Raw[]) touch(objectPath(object), "grant");
      break;
    case "DropStmt":
      for (const object of (node.objects ?? []) as Raw[]) touch(objectPath(object), "drop");
      break;
    default:
      touch(anyName(node));
  }
  return found;
}

const SUFFIXES: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: "pkey",
  CONSTR_UNIQUE: "key",
  CONSTR_FOREIGN: "fkey",
  CONSTR_CHECK: "check",
};

/** The name that PostgreSQL gives to a constraint or index that has none, as long as it is not taken. */
function usualName(table: Raw | undefined, columns: readonly string[], suffix: string): string {
  return [table?.relname, ...columns, suffix].join("_").slice(0, 63);
}

function indexColumns(node: Raw): string[] {
  return ((node.indexParams ?? []) as Raw[]).map(({ IndexElem: element }) => element?.name ?? "expr");
}

function constraintName(
  constraint: Raw,
  table: readonly string[],
  column: string | undefined,
): string | undefined {
  if (constraint.conname) return constraint.conname;
  const suffix = SUFFIXES[constraint.contype];
  if (suffix === undefined) return undefined;
  const named = namePath(constraint.fk_attrs ?? constraint.keys);
  const columns = named.length > 0 ? named : column === undefined ? [] : [column];
  return usualName({ relname: table.at(-1) }, suffix === "pkey" ? [] : columns, suffix);
}

function tableElement(
  element: Raw,
  table: readonly string[],
  touch: (path: readonly (string | undefined)[], verb?: Touch["verb"], location?: number) => void,
): void {
  const { ColumnDef: column, Constraint: constraint } = element;
  if (column?.colname) touch([...table, column.colname], "define", column.location);
  const touchConstraint = (one: Raw): void => {
    const name = constraintName(one, table, column?.colname);
    if (name !== undefined) touch([...table, name], "define", one.location);
  };
  if (constraint) touchConstraint(constraint);
  for (const inner of (column?.constraints ?? []) as Raw[]) {
    if (inner.Constraint) touchConstraint(inner.Constraint);
  }
}

/** The name of a statement that has but one, wherever its node keeps it. */
function anyName(node: Raw): string[] {
  for (const field of ["typeName", "domainname", "defnames", "typevar"]) {
    if (Array.isArray(node[field])) return namePath(node[field]);
  }
  const name =
    node.schemaname ??
    node.extname ??
    node.role ??
    node.trigname ??
    node.conname ??
    node.pubname ??
    node.servername ??
    node.fdwname;
  if (typeof name === "string") return [name];
  return node.relation ? rangePath(node.relation) : objectPath(node.object);
}

export function rangePath(range: Raw | undefined): string[] {
  return [range?.schemaname, range?.relname].filter((part): part is string => typeof part === "string");
}

export function namePath(names: Raw[] | undefined): string[] {
  return (names ?? []).flatMap((name) => (typeof name.String?.sval === "string" ? [name.String.sval] : []));
}

/** An object as `drop`, `comment on` and `alter … owner` name it: a name, a list, a type, a function with arguments. */
export function objectPath(object: Raw | undefined): string[] {
  if (object === undefined) return [];
  if (object.RangeVar) return rangePath(object.RangeVar);
  if (object.String) return [object.String.sval];
  if (object.TypeName) return namePath(object.TypeName.names);
  if (object.ObjectWithArgs) return namePath(object.ObjectWithArgs.objname);
  if (object.List) return (object.List.items as Raw[]).flatMap(objectPath);
  return [];
}
