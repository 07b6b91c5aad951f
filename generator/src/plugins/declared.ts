import type { ColumnDef, RangeVar, TypeName } from "libpg-query";
import type { SchemaFile } from "../model/source.ts";
import { type ParsedStatement, parseScript } from "../postgres/raw-parse.ts";
import { namesOf, nodeOf, nodesOf, type RawNode } from "../postgres/raw-tree.ts";

/** A type as its author wrote it: `bigserial` and `int` (`pg_catalog.int4`) are lost in PostgreSQL's catalog. */
export interface WrittenType {
  readonly schema: string;
  readonly name: string;
  readonly dimensions: number;
}

interface WrittenTable {
  /** Whether its schema was written before its name. */
  isQualified: boolean;
  readonly columns: Map<string, WrittenType>;
}

export interface WrittenSchema {
  readonly name: string;
  comment: string;
}

/** What the texts of a schema say beyond the catalog that they lead to. */
export class Declared {
  readonly #tables = new Map<string, WrittenTable>();
  readonly #schemas = new Map<string, WrittenSchema>();

  /** Reads the files in order; one that cannot be parsed tells nothing. */
  static async read(schema: readonly SchemaFile[]): Promise<Declared> {
    const declared = new Declared();
    for (const { text } of schema)
      for (const statement of await parseScript(text).catch(() => [])) declared.#add(statement);
    return declared;
  }

  /** In the order of their making; `public` among them only where it was given a comment. */
  get schemas(): readonly WrittenSchema[] {
    return [...this.#schemas.values()];
  }

  /** The schema as it stands before a table's name: nothing for one of `public` that was made without it. */
  schemaOf(schema: string, table: string): string {
    if (schema !== DEFAULT_SCHEMA) return schema;
    return this.#tables.get(key(schema, table))?.isQualified === true ? schema : "";
  }

  columnType(schema: string, table: string, column: string): WrittenType | null {
    return this.#tables.get(key(schema, table))?.columns.get(column) ?? null;
  }

  #addView(range: RangeVar | undefined): void {
    const { schemaname, relname } = range ?? {};
    this.#tables.set(key(schemaname, relname), { isQualified: schemaname !== undefined, columns: new Map() });
  }

  #add({ kind, tree }: ParsedStatement): void {
    switch (kind) {
      case "CreateStmt": {
        const { schemaname, relname = "" } = tree.relation ?? {};
        const columns = nodesOf(tree.tableElts, "ColumnDef");
        const known = this.#tables.get(key(schemaname, relname));
        if (known !== undefined && tree.if_not_exists) break;
        this.#tables.set(key(schemaname, relname), {
          isQualified: schemaname !== undefined,
          columns: new Map(columns.map((column) => [column.colname ?? "", writtenType(column.typeName)])),
        });
        break;
      }
      case "ViewStmt":
        this.#addView(tree.view);
        break;
      case "CreateTableAsStmt":
        this.#addView(tree.into?.rel);
        break;
      case "AlterTableStmt": {
        const table = this.#tables.get(key(tree.relation?.schemaname, tree.relation?.relname));
        if (table === undefined) break;
        for (const { subtype, name = "", def } of nodesOf(tree.cmds, "AlterTableCmd")) {
          const column: ColumnDef | undefined = nodeOf(def, "ColumnDef");
          const at = subtype === "AT_AddColumn" ? (column?.colname ?? "") : name;
          const isTyped = subtype === "AT_AddColumn" || subtype === "AT_AlterColumnType";
          if (column && isTyped && !(subtype === "AT_AddColumn" && table.columns.has(at)))
            table.columns.set(at, writtenType(column.typeName));
          if (subtype === "AT_DropColumn") table.columns.delete(name);
        }
        break;
      }
      case "RenameStmt": {
        const from = key(tree.relation?.schemaname, tree.relation?.relname);
        const table = this.#tables.get(from);
        if (table === undefined) break;
        if (tree.renameType === "OBJECT_COLUMN") {
          const type = table.columns.get(tree.subname ?? "");
          if (type === undefined) break;
          table.columns.delete(tree.subname ?? "");
          table.columns.set(tree.newname ?? "", type);
        } else if (tree.renameType === "OBJECT_TABLE") {
          this.#tables.delete(from);
          this.#tables.set(key(tree.relation?.schemaname, tree.newname), table);
        }
        break;
      }
      case "AlterObjectSchemaStmt": {
        const from = key(tree.relation?.schemaname, tree.relation?.relname);
        const table = this.#tables.get(from);
        if (table === undefined || tree.objectType !== "OBJECT_TABLE") break;
        this.#tables.delete(from);
        this.#tables.set(key(tree.newschema, tree.relation?.relname), table);
        break;
      }
      case "DropStmt":
        if (tree.removeType !== "OBJECT_TABLE") break;
        for (const list of nodesOf(tree.objects, "List")) {
          const names = namesOf(list.items);
          this.#tables.delete(key(names.at(-2), names.at(-1)));
        }
        break;
      case "CreateSchemaStmt": {
        const name = tree.schemaname ?? tree.authrole?.rolename ?? "";
        if (!this.#schemas.has(name)) this.#schemas.set(name, { name, comment: "" });
        break;
      }
      case "CommentStmt": {
        if (tree.objtype !== "OBJECT_SCHEMA") break;
        const name = stringOf(tree.object);
        const schema = this.#schemas.get(name) ?? { name, comment: "" };
        schema.comment = tree.comment ?? "";
        this.#schemas.set(name, schema);
        break;
      }
    }
  }
}

export const DEFAULT_SCHEMA = "public";

const key = (schema: string | undefined, table: string | undefined): string =>
  JSON.stringify([schema ?? DEFAULT_SCHEMA, table ?? ""]);

const stringOf = (node: RawNode | undefined): string => nodeOf(node, "String")?.sval ?? "";

/** The schema that the grammar or the author put before it, the name, and how many dimensions are written. */
export function writtenType(type: TypeName | undefined): WrittenType {
  const names = namesOf(type?.names);
  return {
    schema: names.at(-2) ?? "",
    name: names.at(-1) ?? "",
    dimensions: type?.arrayBounds?.length ?? 0,
  };
}
