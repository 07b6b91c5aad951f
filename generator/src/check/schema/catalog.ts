/** What a schema consists of, in parts as small as a migration can change them. */
export interface Catalog {
  /** By key, in an order in which they could be created but for dependencies. */
  readonly objects: ReadonlyMap<string, CatalogObject>;
  /** What each object needs to exist, by key; an object's parent is among them. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
  /** The collations of PostgreSQL's own that something depends on, unquoted: given, and of the operating system or ICU, so that another may lack them. */
  readonly collations: readonly string[];
  /** The keys of the extensions that PostgreSQL moves to no other schema: it depends on their version, and is not compared. */
  readonly unmovable: ReadonlySet<string>;
  /** The keys of the roles that the server had before the schema came: they are as others have them, and are not compared with what these are by then. */
  readonly rolesOfServer: ReadonlySet<string>;
  /** Functions of PostgreSQL's own that expressions of objects call and not anyone may: their signatures, by the object's key. It is not compared. */
  readonly restrictedCalls: ReadonlyMap<string, readonly string[]>;
}

interface Part<Kind extends string, Properties> {
  /** `kind:identity`. */
  readonly key: string;
  readonly kind: Kind;
  /** As it is written in SQL: quoted where needed, with its schema, a part of a table after its table's name. */
  readonly identity: string;
  /** The quoted name of its schema, or null. */
  readonly schema: string | null;
  /** The last part of the identity. */
  readonly name: string;
  /** The key of what it is a part of, and is dropped with; or null. */
  readonly parent: string | null;
  /** What is compared. Owners are null where they are those of whoever applies the schema. */
  readonly properties: Properties;
  /** What is not compared: columns have a place, which PostgreSQL cannot change. */
  readonly position?: number;
  /** A column that a parent table gives to this one, or the type that it is a table of, and changes and drops with its own. */
  readonly inherited?: boolean;
  /** What the rows of a partition fit, as a condition; not that of a hash. */
  readonly within?: string;
}

type Options = readonly string[];

export type CatalogObject =
  | Part<"role", RoleProperties>
  | Part<"setting", SettingProperties>
  | Part<"extension", { readonly schema: string }>
  | Part<"schema", { readonly owner: string | null }>
  | Part<"collation", { readonly definition: string; readonly owner: string | null }>
  | Part<"enum", { readonly labels: readonly string[]; readonly owner: string | null }>
  | Part<"domain", DomainProperties>
  | Part<"domain constraint", { readonly definition: string }>
  | Part<"composite type", { readonly order: readonly string[]; readonly owner: string | null }>
  | Part<"attribute", { readonly type: string; readonly collation: string | null }>
  | Part<"range type", { readonly definition: string; readonly owner: string | null }>
  | Part<"sequence", SequenceProperties>
  | Part<"sequence owner", { readonly column: string }>
  | Part<"table", TableProperties>
  | Part<"column", ColumnProperties>
  | Part<"view column", { readonly type: string; readonly collation: string | null }>
  | Part<"default", { readonly expression: string }>
  | Part<"partition", { readonly of: string; readonly bound: string }>
  | Part<"inheritance", { readonly of: string }>
  | Part<"constraint", { readonly type: string; readonly definition: string }>
  | Part<
      "index",
      {
        readonly definition: string;
        readonly valid: boolean;
        /** Of its expressions that have a target of their own, the place and that: `2 500`. */
        readonly statistics: readonly string[];
      }
    >
  | Part<"replica identity", { readonly identity: string }>
  | Part<"cluster", { readonly index: string }>
  | Part<
      "statistics",
      { readonly definition: string; readonly target: number | null; readonly owner: string | null }
    >
  | Part<"view", { readonly definition: string; readonly options: Options; readonly owner: string | null }>
  | Part<
      "materialized view",
      {
        readonly definition: string;
        readonly options: Options;
        readonly method: string | null;
        readonly owner: string | null;
      }
    >
  | Part<"function", RoutineProperties>
  | Part<"procedure", RoutineProperties>
  | Part<
      "aggregate",
      { readonly arguments: string; readonly definition: string; readonly owner: string | null }
    >
  | Part<"trigger", { readonly definition: string; readonly enabled: string }>
  | Part<"trigger state", TriggerState>
  | Part<"rule", { readonly definition: string; readonly enabled: string }>
  | Part<"policy", PolicyProperties>
  | Part<
      "event trigger",
      {
        readonly event: string;
        readonly tags: readonly string[];
        readonly function: string;
        readonly enabled: string;
        readonly owner: string | null;
      }
    >
  | Part<"publication", PublicationProperties>
  | Part<"published table", PublishedTableProperties>
  | Part<"published schema", { readonly schema: string }>
  | Part<"comment", { readonly text: string }>
  | Part<"grant", GrantProperties & { readonly member: string | null }>
  | Part<"default privileges", DefaultPrivilegesProperties>
  | Part<"other", { readonly type: string; readonly definition: string }>;

export type ObjectKind = CatalogObject["kind"];
export type ObjectOf<Kind extends ObjectKind> = Extract<CatalogObject, { readonly kind: Kind }>;

/** A function or a procedure: what has a body. */
export type Routine = ObjectOf<"function"> | ObjectOf<"procedure">;

export const isRoutine = (object: CatalogObject): object is Routine =>
  object.kind === "function" || object.kind === "procedure";

export interface RoleProperties {
  /** As `create role` spells them: `login`, `nosuperuser` … */
  readonly attributes: readonly string[];
  readonly memberOf: readonly string[];
  /** What is set for its sessions in every database: `statement_timeout=5s`. */
  readonly settings: readonly string[];
}

/** What sessions in the schema's database begin with, be it those of one role. */
export interface SettingProperties {
  /** Null for whoever connects. */
  readonly role: string | null;
  /** `statement_timeout`. */
  readonly parameter: string;
  readonly value: string;
}

export interface DomainProperties {
  readonly type: string;
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly owner: string | null;
}

export interface SequenceProperties {
  readonly type: string;
  /** As `create sequence` spells them. */
  readonly options: string;
  readonly unlogged: boolean;
  readonly owner: string | null;
}

export interface TableProperties {
  readonly unlogged: boolean;
  readonly partitionKey: string | null;
  readonly options: Options;
  readonly rowSecurity: boolean;
  readonly forceRowSecurity: boolean;
  /** Null for the default. */
  readonly method: string | null;
  readonly ofType: string | null;
  readonly tablespace: string | null;
  readonly owner: string | null;
}

export interface ColumnProperties {
  readonly type: string;
  /** Null for the type's own. */
  readonly collation: string | null;
  readonly notNull: boolean;
  /** `not valid` or `no inherit` of its NOT NULL constraint (PostgreSQL 18 and later). */
  readonly notNullState: string | null;
  readonly identity: "always" | "by default" | null;
  /** Of the identity's sequence. */
  readonly identityOptions: string | null;
  readonly generated: string | null;
  readonly generatedKind: "stored" | "virtual" | null;
  /** Null for the type's own. */
  readonly storage: string | null;
  readonly compression: string | null;
  readonly statistics: number | null;
  readonly options: Options;
}

export interface RoutineProperties {
  readonly returns: string | null;
  readonly arguments: string;
  readonly language: string;
  readonly body: string;
  /** Volatility, strictness, security, cost, configuration: as they are written. */
  readonly attributes: readonly string[];
  readonly owner: string | null;
  /** The whole statement. */
  readonly definition: string;
}

export interface PolicyProperties {
  readonly command: string;
  readonly permissive: boolean;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

export interface PublicationProperties {
  readonly allTables: boolean;
  /** `insert, update, delete, truncate`, or some of them. */
  readonly publish: string;
  readonly viaRoot: boolean;
  /** `stored` where computed columns are published, too (PostgreSQL 18 and later). */
  readonly generatedColumns: string | null;
  readonly owner: string | null;
}

export interface PublishedTableProperties {
  readonly table: string;
  /** Null for all of them; else by name. */
  readonly columns: readonly string[] | null;
  readonly where: string | null;
}

/** How a partition has a trigger of its parent's, where that is not as the parent has it. */
export interface TriggerState {
  readonly enabled: string;
  readonly ofParent: string;
}

/** A grant's `member` is what it is about, as GRANT names it, where an extension brought that; then its parent is the extension. */
export interface GrantProperties {
  readonly grantee: string;
  readonly privileges: readonly string[];
  readonly grantable: readonly string[];
  /** What such an object grants to this grantee when it is made. */
  readonly defaults: readonly string[];
}

export interface DefaultPrivilegesProperties extends GrantProperties {
  readonly role: string | null;
  readonly inSchema: string | null;
  /** `tables`, `sequences`, `functions`, `types`, `schemas`. */
  readonly on: string;
}
