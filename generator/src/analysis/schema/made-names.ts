// biome-ignore lint/suspicious/noExplicitAny: the parser's JSON has no types of its own
type Raw = Record<string, any>;

export type MadeKind = "role" | "schema" | "relation" | "type" | "function" | "collation" | "language";

/** What the statements of a schema make, by name: whatever they take as given and none of them makes comes from elsewhere. */
export class MadeNames {
  /** Each with and without its schema. */
  readonly #names = new Map<MadeKind, Set<string>>();

  /**
   * Whether any statement makes it, sooner or later.
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

  add(others: MadeNames): void {
    for (const [kind, names] of others.#names) for (const name of names) this.#add(kind, name);
  }

  note(kind: string, node: Raw): void {
    switch (kind) {
      case "CreateStmt":
      case "CreateSeqStmt":
        this.#relation(node.relation ?? node.sequence);
        break;
      case "CreateForeignTableStmt":
        this.#relation(node.base?.relation);
        break;
      case "ViewStmt":
        this.#relation(node.view);
        break;
      case "CreateTableAsStmt":
        this.#relation(node.into?.rel);
        break;
      case "SelectStmt":
        this.#relation(node.intoClause?.rel);
        break;
      case "CompositeTypeStmt":
        this.#relation(node.typevar, "type");
        break;
      case "CreateEnumStmt":
      case "CreateRangeStmt":
        this.#list("type", node.typeName);
        break;
      case "CreateDomainStmt":
        this.#list("type", node.domainname);
        break;
      case "CreateFunctionStmt":
        this.#list("function", node.funcname);
        break;
      case "DefineStmt":
        if (node.kind === "OBJECT_TYPE") this.#list("type", node.defnames);
        else if (node.kind === "OBJECT_COLLATION") this.#list("collation", node.defnames);
        else if (node.kind === "OBJECT_AGGREGATE") this.#list("function", node.defnames);
        break;
      case "CreateRoleStmt":
        this.#add("role", String(node.role));
        break;
      case "CreatePLangStmt":
        this.#add("language", String(node.plname));
        break;
      case "CreateSchemaStmt":
        this.#add("schema", String(node.schemaname ?? node.authrole?.rolename));
        for (const element of (node.schemaElts ?? []) as Raw[]) {
          const [inner = ""] = Object.keys(element);
          this.note(inner, element[inner] as Raw);
        }
        break;
      case "RenameStmt":
        if (["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE"].includes(node.renameType))
          this.#relation({ ...node.relation, relname: node.newname });
        else if (node.renameType === "OBJECT_SCHEMA") this.#add("schema", String(node.newname));
        else if (node.renameType === "OBJECT_TYPE" || node.renameType === "OBJECT_DOMAIN")
          this.#qualified("type", undefined, String(node.newname));
        else if (node.renameType === "OBJECT_FUNCTION")
          this.#qualified("function", undefined, String(node.newname));
        else if (node.renameType === "OBJECT_ROLE") this.#add("role", String(node.newname));
        break;
      case "AlterObjectSchemaStmt":
        if (node.relation) this.#relation({ ...node.relation, schemaname: node.newschema });
        break;
    }
  }

  #relation(relation: Raw | undefined, kind: MadeKind = "relation"): void {
    if (relation) this.#qualified(kind, relation.schemaname as string | undefined, String(relation.relname));
  }

  #list(kind: MadeKind, list: readonly Raw[] | undefined): void {
    const parts = (list ?? []).map((item) => String(item.String?.sval));
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
