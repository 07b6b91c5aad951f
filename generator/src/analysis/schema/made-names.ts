import type { RangeVar } from "libpg-query";
import { kindAndTree, namesOf, type RawNode, type RawTree } from "../../postgres/raw-tree.ts";

export type MadeKind =
  | "role"
  | "schema"
  | "relation"
  | "type"
  | "function"
  | "collation"
  | "language"
  | "extension";

/** What the statements of a schema make, by name: whatever they take as given and none of them makes comes from elsewhere. */
export class MadeNames {
  /** Each with and without its schema. */
  readonly #names = new Map<MadeKind, Set<string>>();

  /**
   * Tells whether any statement makes it, sooner or later.
   * @param name as PostgreSQL's messages have it: `users`, `app.users`
   */
  has(kind: MadeKind, name: string): boolean {
    const known = this.#names.get(kind);
    return known !== undefined && (known.has(name) || known.has(`*.${lastPart(name)}`));
  }

  /** Of a kind, without schemas. */
  names(kind: MadeKind): string[] {
    return [...(this.#names.get(kind) ?? [])].filter((name) => !name.startsWith("*."));
  }

  /** `relation users`, `type mood`, for people. */
  described(): string[] {
    return [...this.#names].flatMap(([kind, names]) =>
      [...names].filter((name) => !name.includes(".")).map((name) => `${kind} ${name}`),
    );
  }

  /** The names of tables, views and functions, without schemas. */
  readable(): string[] {
    return [...this.names("relation"), ...this.names("function")].map(lastPart);
  }

  add(others: MadeNames): void {
    for (const [kind, names] of others.#names) for (const name of names) this.#add(kind, name);
  }

  note({ kind, tree }: RawTree): void {
    switch (kind) {
      case "CreateStmt":
        this.#relation(tree.relation);
        break;
      case "CreateSeqStmt":
        this.#relation(tree.sequence);
        break;
      case "CreateForeignTableStmt":
        this.#relation(tree.base?.relation);
        break;
      case "ViewStmt":
        this.#relation(tree.view);
        break;
      case "CreateTableAsStmt":
        this.#relation(tree.into?.rel);
        break;
      case "SelectStmt":
        this.#relation(tree.intoClause?.rel);
        break;
      case "CompositeTypeStmt":
        this.#relation(tree.typevar, "type");
        break;
      case "CreateEnumStmt":
      case "CreateRangeStmt":
        this.#list("type", tree.typeName);
        break;
      case "CreateDomainStmt":
        this.#list("type", tree.domainname);
        break;
      case "CreateFunctionStmt":
        this.#list("function", tree.funcname);
        break;
      case "DefineStmt":
        if (tree.kind === "OBJECT_TYPE") this.#list("type", tree.defnames);
        else if (tree.kind === "OBJECT_COLLATION") this.#list("collation", tree.defnames);
        else if (tree.kind === "OBJECT_AGGREGATE") this.#list("function", tree.defnames);
        break;
      case "CreateRoleStmt":
        this.#add("role", String(tree.role));
        break;
      case "CreateExtensionStmt":
        this.#add("extension", String(tree.extname));
        break;
      case "CreatePLangStmt":
        this.#add("language", String(tree.plname));
        break;
      case "CreateSchemaStmt":
        this.#add("schema", String(tree.schemaname ?? tree.authrole?.rolename));
        for (const element of tree.schemaElts ?? []) this.note(kindAndTree(element));
        break;
      case "RenameStmt":
        if (/^OBJECT_(?:TABLE|VIEW|MATVIEW|SEQUENCE)$/.test(tree.renameType ?? ""))
          this.#relation({ ...tree.relation, relname: String(tree.newname) });
        else if (tree.renameType === "OBJECT_SCHEMA") this.#add("schema", String(tree.newname));
        else if (tree.renameType === "OBJECT_TYPE" || tree.renameType === "OBJECT_DOMAIN")
          this.#qualified("type", undefined, String(tree.newname));
        else if (tree.renameType === "OBJECT_FUNCTION")
          this.#qualified("function", undefined, String(tree.newname));
        else if (tree.renameType === "OBJECT_ROLE") this.#add("role", String(tree.newname));
        break;
      case "AlterObjectSchemaStmt":
        if (tree.relation) this.#relation({ ...tree.relation, schemaname: String(tree.newschema) });
        break;
    }
  }

  #relation(relation: RangeVar | undefined, kind: MadeKind = "relation"): void {
    if (relation) this.#qualified(kind, relation.schemaname, String(relation.relname));
  }

  #list(kind: MadeKind, list: readonly RawNode[] | undefined): void {
    const parts = namesOf(list);
    this.#qualified(kind, parts.at(-2), parts.at(-1) ?? "");
  }

  /** A name without a schema may be made in any. */
  #qualified(kind: MadeKind, schema: string | undefined, name: string): void {
    this.#add(kind, name);
    this.#add(kind, schema === undefined ? `*.${name}` : `${schema}.${name}`);
  }

  #add(kind: MadeKind, name: string): void {
    const known = this.#names.get(kind);
    if (known) known.add(name);
    else this.#names.set(kind, new Set([name]));
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
