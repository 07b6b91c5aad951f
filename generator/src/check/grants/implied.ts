import type { QuerySetConfig } from "../../config/config.ts";
import type { QuerySet } from "../../model/analysis.ts";
import type { Privilege, Query, TablePrivilege } from "../../model/query.ts";
import type { Project } from "../../project/project.ts";
import { partsOf, quoteIdentifier, quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../schema/catalog.ts";
import { readApplied } from "../schema/side.ts";
import { mayNameByTexts, privilegesNamed } from "./named-by-value.ts";
import { schemasNamed } from "./named-schemas.ts";
import type { GrantedSet } from "./rights.ts";

/** Gives query sets with all that a role needs for their queries, and the version that each is for. */
export function grantedSets(
  role: string,
  sets: readonly QuerySet[],
  project: Project,
): Promise<(QuerySet & GrantedSet)[]> {
  const versionOf = ({ index }: QuerySet): number | null =>
    project.config.querySets.find((set) => set.index === index)?.targetVersion ?? null;
  return Promise.all(
    sets.map(async (set) => ({
      ...set,
      ...(await withImplied(role, set, project)),
      targetVersion: versionOf(set),
    })),
  );
}

/** Gives the queries of a set with all that a role needs for them, and the schemas of which nothing else is to be left to it. */
async function withImplied(
  role: string,
  set: QuerySet,
  project: Project,
): Promise<{ readonly queries: readonly Query[]; readonly schemas: readonly string[] }> {
  const entry = project.config.querySets.find(({ index }) => index === set.index);
  if (entry === undefined) return { queries: set.queries, schemas: [] };
  const named = await withNamed(set.queries, entry, project);
  const queries = named.map(({ privileges, privilegesWithin = [], ...query }) => ({
    ...query,
    privileges: [...privileges, ...privilegesWithin],
  }));
  const { schema: files } = await project.schema(entry);
  // Most schemas have nothing of that.
  if (!files.some(({ text }) => /\b(?:policy|revoke|schema|rule|(?:pg|lo)_\w+\s*\()/i.test(text)))
    return { queries, schemas: [] };
  const { catalog } = await readApplied({ project, files, extensions: [], databaseUri: entry.databaseUri });
  const implied = new Implied(role, catalog);
  const schemas = [...catalog.objects.values()].flatMap(({ kind, name }) =>
    kind === "schema" ? partsOf(name) : [],
  );
  const types = [...set.catalog.types.values()].filter(({ schema }) => schemas.includes(schema));
  const all = queries.map((query) => ({
    ...query,
    privileges: [
      ...query.privileges,
      ...implied.by(query.privileges),
      ...schemasNamed(query.sql.text, schemas, types).map((schema) => ({
        kind: "usage on schema" as const,
        object: quoteIdentifier(schema),
      })),
    ],
  }));
  return { queries: all, schemas };
}

/** Gives queries with the rights that PostgreSQL asks for by what their texts name. */
async function withNamed(
  queries: readonly Query[],
  entry: QuerySetConfig,
  project: Project,
): Promise<readonly Query[]> {
  if (!queries.some(({ sql }) => mayNameByTexts(sql.text))) return queries;
  return project.use(entry, "nothing", async ({ engine, reader }) => {
    const all: Query[] = [];
    for (const query of queries) {
      const named = await privilegesNamed(query.sql.text, engine, reader);
      all.push({ ...query, privileges: [...query.privileges, ...named] });
    }
    return all;
  });
}

/** Something that is done to a table or a view. */
interface Deed {
  readonly key: string;
  readonly kind: TablePrivilege["kind"];
  /** Of it; null for any. */
  readonly columns: readonly string[] | null;
  /** Whether it is done through a view or a rule, with the rights of another: then no policy is whoever sends the statement's. */
  readonly isBelow: boolean;
  /** The owner of the view that it is done through, as SQL writes it. */
  readonly viewOwner?: string;
  /** Whether a rule does it: which columns it gives values is not known. */
  readonly isOfRule?: true;
  /** Whether nothing that inherits from it is concerned. */
  readonly isOnly?: true;
  /** Whether it is done to a part of this table, of which that has the rules and the triggers for each row. */
  readonly isOfPart?: true;
}

/**
 * Finds what a role needs beside what a statement names: what the policies of its tables read, and functions that not anyone may execute and that
 * are called while rows are stored: by policies, CHECKs, generated columns, indexes, exclusion constraints, the keys of partitions, conditions of triggers,
 * rules, and the domains of all these. All of that runs with the rights of who sends the statement, below a view, too; bodies of triggers are theirs,
 * and nobody is asked for the right to execute them.
 */
class Implied {
  readonly #catalog: Catalog;
  /** The role, and those that it is a member of, as SQL writes them. */
  readonly #roles: ReadonlySet<string>;
  /** By the key of what they are parts of. */
  readonly #parts = new Map<string, CatalogObject[]>();
  /** By the key of a table, its partitions and those that inherit from it. */
  readonly #children = new Map<string, { readonly key: string; readonly isPartition: boolean }[]>();

  constructor(role: string, catalog: Catalog) {
    this.#catalog = catalog;
    this.#roles = memberships(role, catalog);
    for (const object of catalog.objects.values()) {
      if (object.parent === null) continue;
      const parts = this.#parts.get(object.parent);
      if (parts === undefined) this.#parts.set(object.parent, [object]);
      else parts.push(object);
      if (object.kind !== "partition" && object.kind !== "inheritance") continue;
      const above = `table:${object.properties.of}`;
      const child = { key: object.parent, isPartition: object.kind === "partition" };
      this.#children.set(above, [...(this.#children.get(above) ?? []), child]);
    }
  }

  by(privileges: readonly Privilege[]): Privilege[] {
    const found = new Map<string, Privilege>();
    const seen = new Set<string>();
    const pending: Deed[] = [];
    const add = (privilege: Privilege): void => {
      found.set(JSON.stringify(privilege), privilege);
      if ("table" in privilege) pending.push(...deedsOf(privilege, this.#catalog));
    };
    for (const one of privileges) if ("table" in one) pending.push(...deedsOf(one, this.#catalog));
    for (let deed = pending.shift(); deed !== undefined; deed = pending.shift()) {
      const id = JSON.stringify(deed);
      if (seen.has(id)) continue;
      seen.add(id);
      for (const one of this.#neededFor(deed)) add(one);
      pending.push(...this.#followingFrom(deed));
    }
    return [...found.values()];
  }

  *#neededFor(deed: Deed): Iterable<Privilege> {
    const object = this.#catalog.objects.get(deed.key);
    // Which partition a row belongs to, tables above say.
    if (object?.kind === "table" && isStored(deed)) yield* this.#executing(object.key);
    for (const part of this.#parts.get(deed.key) ?? []) {
      if (!this.#runs(part, deed)) continue;
      if (part.kind === "policy") yield* this.#neededForPolicy(part, deed);
      else yield* this.#executing(part.key);
    }
    if (deed.isOfRule && deed.kind === "insert") yield* this.#neededForDefaults(deed.key);
  }

  /** Gives what the conditions of a policy need that count for what is done. Below a view, its owner reads what they read. */
  *#neededForPolicy(part: ObjectOf<"policy">, deed: Deed): Iterable<Privilege> {
    const text = policyText(part, deed);
    for (const needed of neededBy(part.key, this.#catalog)) {
      if (text !== null && !text.includes(writtenIn(needed))) continue;
      if (!deed.isBelow && needed.key !== deed.key && needed.parent !== deed.key)
        yield* readingOf(needed, this.#catalog);
      for (const one of this.#callsBy(needed)) yield executing(one);
      yield* this.#readWithin(needed);
    }
    for (const one of this.#catalog.restrictedCalls.get(part.key) ?? [])
      if (text === null || text.includes(/([^.]+)\(/.exec(one)?.[1] ?? "")) yield executing(one);
  }

  /** Gives what the body of a function reads that a condition calls, and runs with the rights of who sends it. */
  *#readWithin(called: CatalogObject, seen = new Set<string>()): Iterable<Privilege> {
    if (seen.has(called.key) || !runsAsCaller(called)) return;
    seen.add(called.key);
    for (const needed of neededBy(called.key, this.#catalog)) {
      yield* readingOf(needed, this.#catalog);
      yield* this.#readWithin(needed, seen);
    }
  }

  /** Gives what the defaults of a table need: its sequences, and functions. */
  *#neededForDefaults(table: string): Iterable<Privilege> {
    for (const column of this.#parts.get(table) ?? [])
      for (const part of [column, ...(this.#parts.get(column.key) ?? [])]) {
        if (part.kind !== "default") continue;
        yield* this.#executing(part.key);
        for (const { kind, identity: object } of neededBy(part.key, this.#catalog))
          if (kind === "sequence") yield { kind: "usage on sequence", object };
      }
  }

  *#executing(key: string): Iterable<Privilege> {
    for (const one of this.#callsOf(key)) yield executing(one);
  }

  /**
   * The functions that not anyone may execute and something calls: itself, by its operators, by domains that it makes values of, or in the bodies of
   * what it calls.
   */
  #callsOf(key: string, seen = new Set<string>()): string[] {
    return [
      ...(this.#catalog.restrictedCalls.get(key) ?? []),
      ...neededBy(key, this.#catalog).flatMap((needed) => this.#callsBy(needed, seen)),
    ];
  }

  /** The same where something makes use of that: calls it, where it is one itself. */
  #callsBy(needed: CatalogObject, seen = new Set<string>()): string[] {
    if (seen.has(needed.key)) return [];
    seen.add(needed.key);
    const within = (key: string): string[] => this.#callsOf(key, seen);
    if (needed.kind === "function") {
      // A trigger's own function is not looked at.
      if (needed.properties.returns === "trigger") return [];
      return [
        ...(this.#isRestricted(needed) ? [needed.identity] : []),
        ...(runsAsCaller(needed) ? within(needed.key) : []),
      ];
    }
    if (needed.kind === "domain")
      return [needed, ...(this.#parts.get(needed.key) ?? [])].flatMap((part) => within(part.key));
    return needed.kind === "other" && needed.properties.type === "operator" ? within(needed.key) : [];
  }

  /** Gives what comes with it: the same to the table below a view, to partitions and heirs, and whatever rules make of it. */
  *#followingFrom(deed: Deed): Iterable<Deed> {
    const { key, kind, columns } = deed;
    const object = this.#catalog.objects.get(key);
    const same = { kind, columns: null, isBelow: true };
    if (object?.kind === "view" && !this.#isReplaced(deed))
      for (const needed of neededBy(key, this.#catalog)) {
        const table = tableWith(needed, this.#catalog);
        if (table !== undefined) yield { ...same, key: table.key, ...ownerOf(object) };
      }
    if (deed.isOfPart) return;
    for (const child of this.#children.get(key) ?? [])
      if (!deed.isOnly && (kind !== "insert" || child.isPartition) && ROWS.has(kind))
        yield { kind, columns, key: child.key, isBelow: true };
    for (const part of this.#parts.get(key) ?? []) {
      // What a table has of those above it, a row that is stored in it alone is held against as well.
      if (part.kind === "partition" && ROWS.has(kind))
        yield { kind, columns, key: `table:${part.properties.of}`, isBelow: true, isOfPart: true };
      if (part.kind !== "rule" || !this.#runs(part, deed)) continue;
      for (const needed of neededBy(part.key, this.#catalog)) {
        const table = tableWith(needed, this.#catalog);
        if (table === undefined || table.key === key) continue;
        for (const done of ["insert", "update", "delete"] as const)
          if (doesTo(table, done, part.properties.definition))
            yield { key: table.key, kind: done, columns: null, isBelow: true, isOfRule: true };
      }
    }
  }

  /** Tells whether a trigger does something in place of what is done to a view. */
  #isReplaced({ key, kind, columns }: Deed): boolean {
    return (this.#parts.get(key) ?? []).some(
      (part) =>
        part.kind === "trigger" &&
        part.properties.definition.includes(" INSTEAD OF ") &&
        firesOn(part.properties.definition, kind, columns),
    );
  }

  /** The owner of a view, and those that it is a member of, where policies of a table below concern it; null where they do not. */
  #concernedBelow(table: ObjectOf<"table">, owner: string | undefined): ReadonlySet<string> | null {
    const role = owner === undefined ? undefined : this.#catalog.objects.get(`role:${owner}`);
    if (role?.kind !== "role") return null;
    const { attributes } = role.properties;
    if (attributes.includes("superuser") || attributes.includes("bypassrls")) return null;
    const isOwn = table.properties.owner === owner && !table.properties.forceRowSecurity;
    return isOwn ? null : memberships(partsOf(owner!)[0]!, this.#catalog);
  }

  /** Tells whether a part of a table is evaluated when that is done to the table. */
  #runs(part: CatalogObject, deed: Deed): boolean {
    const { key, kind, columns, isBelow } = deed;
    if (deed.isOfPart && (part.kind === "policy" || part.kind === "rule")) return false;
    switch (part.kind) {
      case "policy": {
        const { command, roles } = part.properties;
        const table = this.#catalog.objects.get(key);
        if (table?.kind !== "table" || !table.properties.rowSecurity) return false;
        const who = isBelow ? this.#concernedBelow(table, deed.viewOwner) : this.#roles;
        const isMeant = who !== null && roles.some((one) => one === "public" || who.has(one));
        return isMeant && (command === "all" ? COMMANDS.has(kind) : command === kind);
      }
      case "constraint":
        return isStored(deed) && /^(?:check|exclusion)$/.test(part.properties.type);
      case "index":
        return isStored(deed);
      case "column": {
        if (part.properties.generated === null || !isStored(deed)) return false;
        if (kind === "insert" || columns === null) return true;
        // One that is made of none of them stays as it is.
        return neededBy(part.key, this.#catalog).some(
          ({ kind: of, identity }) => of === "column" && columns.includes(partsOf(identity).at(-1)!),
        );
      }
      case "trigger":
        return (
          !locksRows(deed) &&
          part.properties.enabled !== "disabled" &&
          (!deed.isOfPart || / FOR EACH ROW /.test(part.properties.definition)) &&
          firesOn(part.properties.definition, kind, columns)
        );
      case "rule":
        return !locksRows(deed) && new RegExp(`\\bON ${kind} TO\\b`, "i").test(part.properties.definition);
      default:
        return false;
    }
  }

  /** Tells whether not just anyone may execute it. */
  #isRestricted({ key }: CatalogObject): boolean {
    return (this.#parts.get(key) ?? []).some(
      (one) =>
        one.kind === "grant" &&
        one.properties.grantee === "public" &&
        !one.properties.privileges.includes("execute"),
    );
  }
}

/** What is done to rows. */
const ROWS: ReadonlySet<TablePrivilege["kind"]> = new Set(["insert", "update", "delete"] as const);
/** What policies can be for. */
const COMMANDS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete"]);

/** Tells whether rows are merely locked: FOR UPDATE asks for the right to update any one column. */
const locksRows = ({ kind, columns }: Deed): boolean => kind === "update" && columns?.length === 0;

const isStored = (deed: Deed): boolean =>
  deed.kind === "insert" || (deed.kind === "update" && !locksRows(deed));

function deedsOf({ schema, table, kind, columns, isOnly }: TablePrivilege, { objects }: Catalog): Deed[] {
  const identity = `${quoteIdentifierIfNeeded(schema)}.${quoteIdentifierIfNeeded(table)}`;
  return ["table", "view"].flatMap((what) => {
    const key = `${what}:${identity}`;
    return objects.has(key) ? [{ key, kind, columns, isBelow: false, ...(isOnly && { isOnly }) }] : [];
  });
}

/** Whose rights a view has on what is below it: with `security_invoker` nobody's but those of who asks. */
function ownerOf({ properties: { options, owner } }: ObjectOf<"view">): Pick<Deed, "viewOwner"> {
  const isInvoker = options.some((option) => /^security_invoker=(?:true|on|1|yes)$/i.test(option));
  return owner === null || isInvoker ? {} : { viewOwner: owner };
}

/** The conditions of a policy that count for what is done; null where all of them do. */
function policyText({ properties: { using, check } }: ObjectOf<"policy">, deed: Deed): string | null {
  if (using === null || check === null || (deed.kind === "update" && !locksRows(deed))) return null;
  return deed.kind === "insert" ? check : using;
}

/** Gives the name of something as a condition has it: a function's without its arguments, a column's without its table. */
function writtenIn({ kind, identity }: CatalogObject): string {
  if (kind === "other") return /([^\s."(]+)\s*\([^()]*\)$/.exec(identity)?.[1] ?? "";
  const isCalled = kind === "function" || kind === "aggregate";
  const path = isCalled ? identity.slice(0, identity.lastIndexOf("(")) : identity;
  return quoteIdentifierIfNeeded(partsOf(path).at(-1) ?? "");
}

/** Tells whether a rule does that to a table. */
function doesTo(
  { identity }: CatalogObject,
  done: "insert" | "update" | "delete",
  definition: string,
): boolean {
  const name = quoteIdentifierIfNeeded(partsOf(identity).at(-1) ?? "");
  const before = { insert: "INSERT INTO", update: "UPDATE", delete: "DELETE FROM" }[done];
  return definition
    .split(before)
    .some((after, i) => i > 0 && /^\s+(?:ONLY\s+)?(\S+)/.exec(after)?.[1]?.endsWith(name));
}

const executing = (object: string): Privilege => ({ kind: "execute on function", object });

/** Tells whether it is known what a function does, and that it does it with the rights of who calls it. */
const runsAsCaller = (called: CatalogObject): boolean =>
  called.kind === "function" &&
  called.properties.language === "sql" &&
  !called.properties.attributes.includes("security definer");

const EVENTS =
  / (?:BEFORE|AFTER|INSTEAD OF) ((?:INSERT|DELETE|TRUNCATE|UPDATE(?: OF .*?)?)(?: OR (?:INSERT|DELETE|TRUNCATE|UPDATE(?: OF .*?)?))*) ON /s;

/** Tells whether a trigger looks at its condition when that is done. */
function firesOn(
  definition: string,
  kind: TablePrivilege["kind"],
  columns: readonly string[] | null,
): boolean {
  const events = EVENTS.exec(definition)?.[1] ?? "";
  if (kind !== "update") return events.split(" ").includes(kind.toUpperCase());
  const [, of] = /\bUPDATE(?: OF (.*?))?(?: OR |$)/s.exec(events) ?? [];
  if (!/\bUPDATE\b/.test(events)) return false;
  return (
    of === undefined ||
    columns === null ||
    partsOf(of.replaceAll(", ", ".")).some((one) => columns.includes(one))
  );
}

function tableWith(
  object: CatalogObject,
  { objects }: Catalog,
): ObjectOf<"table"> | ObjectOf<"view"> | undefined {
  const relation =
    object.kind === "column" || object.kind === "view column" ? objects.get(object.parent ?? "") : object;
  return relation?.kind === "table" || relation?.kind === "view" ? relation : undefined;
}

function memberships(role: string, { objects }: Catalog): ReadonlySet<string> {
  const own = new Set([quoteIdentifierIfNeeded(role)]);
  for (const name of own) {
    const object = objects.get(`role:${name}`);
    if (object?.kind === "role") for (const group of object.properties.memberOf) own.add(group);
  }
  return own;
}

const neededBy = (key: string, { needs, objects }: Catalog): CatalogObject[] =>
  [...(needs.get(key) ?? [])].flatMap((needed) => objects.get(needed) ?? []);

/** The right to read a column, or of a relation any one. */
function readingOf(object: CatalogObject, { objects }: Catalog): TablePrivilege[] {
  const isColumn = object.kind === "column" || object.kind === "view column";
  const relation = isColumn ? objects.get(object.parent ?? "") : object;
  if (relation === undefined || !/^(?:table|view|materialized view)$/.test(relation.kind)) return [];
  const [schema = "", table = ""] = partsOf(relation.identity);
  const columns = isColumn ? partsOf(object.identity).slice(-1) : [];
  return [{ kind: "select", schema, table, columns, isBehind: true }];
}
