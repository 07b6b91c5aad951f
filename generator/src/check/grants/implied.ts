import type { QuerySet } from "../../model/analysis.ts";
import type { Privilege, Query, TablePrivilege } from "../../model/query.ts";
import type { Project } from "../../project/project.ts";
import { partsOf, quoteIdentifier, quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../schema/catalog.ts";
import { readApplied } from "../schema/side.ts";
import { schemasNamed } from "./named-schemas.ts";

/** Gives the queries of a set with all that a role needs for them. */
export async function withImplied(role: string, set: QuerySet, project: Project): Promise<readonly Query[]> {
  const entry = project.config.querySets.find(({ index }) => index === set.index);
  if (entry === undefined) return set.queries;
  const { schema: files } = await project.schema(entry);
  // Most schemas have nothing of that.
  if (!files.some(({ text }) => /\bpolicy\b|\brevoke\b|\bschema\b/i.test(text))) return set.queries;
  const { catalog } = await readApplied({ project, files, extensions: [], databaseUri: entry.databaseUri });
  const implied = new Implied(role, catalog);
  const schemas = [...catalog.objects.values()].flatMap(({ kind, name }) =>
    kind === "schema" ? [name] : [],
  );
  const types = [...set.catalog.types.values()].filter(({ schema }) => schemas.includes(schema));
  return set.queries.map((query) => ({
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
}

/** Something that is done to a table or a view. */
interface Deed {
  readonly key: string;
  readonly kind: TablePrivilege["kind"];
  /** Of it; null for any. */
  readonly columns: readonly string[] | null;
  /** Whether it is done through a view or a rule, with the rights of another: then no policy is whoever sends the statement's. */
  readonly isBelow: boolean;
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
      if (part.kind === "policy") {
        const text = policyText(part, deed.kind);
        for (const needed of neededBy(part.key, this.#catalog))
          if (needed.key !== deed.key && needed.parent !== deed.key) yield* readingOf(needed, this.#catalog);
        for (const one of this.#callsOf(part.key))
          if (text.includes(nameIn(one.identity))) yield executing(one);
      } else yield* this.#executing(part.key);
    }
  }

  *#executing(key: string): Iterable<Privilege> {
    for (const one of this.#callsOf(key)) yield executing(one);
  }

  /** The functions that not anyone may execute and something calls: itself, by its operators, or by domains that it makes values of. */
  #callsOf(key: string): ObjectOf<"function">[] {
    const seen = new Set<string>();
    const visit = (from: string): ObjectOf<"function">[] =>
      neededBy(from, this.#catalog).flatMap((needed) => {
        if (seen.has(needed.key)) return [];
        seen.add(needed.key);
        // A trigger's own function is not looked at.
        if (needed.kind === "function")
          return needed.properties.returns === "trigger" || !this.#isRestricted(needed) ? [] : [needed];
        if (needed.kind === "domain")
          return [needed, ...(this.#parts.get(needed.key) ?? [])].flatMap((part) => visit(part.key));
        return needed.kind === "other" && needed.properties.type === "operator" ? visit(needed.key) : [];
      });
    return visit(key);
  }

  /** Gives what comes with it: the same to the table below a view, to partitions and heirs, and whatever rules make of it. */
  *#followingFrom(deed: Deed): Iterable<Deed> {
    const { key, kind } = deed;
    const object = this.#catalog.objects.get(key);
    const same = { kind, columns: null, isBelow: true };
    if (object?.kind === "view" && kind !== "select")
      for (const needed of neededBy(key, this.#catalog)) {
        const table = tableWith(needed, this.#catalog);
        if (table !== undefined) yield { ...same, key: table.key };
      }
    for (const child of this.#children.get(key) ?? [])
      if (kind === "update" || kind === "delete" || (kind === "insert" && child.isPartition))
        yield { ...deed, key: child.key, isBelow: true };
    for (const part of this.#parts.get(key) ?? []) {
      // What a table has of those above it, a row that is stored in it alone is held against as well.
      if (part.kind === "partition" && isStored(deed)) yield { ...same, key: `table:${part.properties.of}` };
      if (part.kind !== "rule" || !this.#runs(part, deed)) continue;
      for (const needed of neededBy(part.key, this.#catalog)) {
        const table = tableWith(needed, this.#catalog);
        if (table === undefined || table.key === key) continue;
        for (const done of ["insert", "update", "delete"] as const)
          yield { key: table.key, kind: done, columns: null, isBelow: true };
      }
    }
  }

  /** Tells whether a part of a table is evaluated when that is done to the table. */
  #runs(part: CatalogObject, deed: Deed): boolean {
    const { key, kind, columns, isBelow } = deed;
    switch (part.kind) {
      case "policy": {
        const { command, roles } = part.properties;
        const table = this.#catalog.objects.get(key);
        const isMeant = roles.some((one) => one === "public" || this.#roles.has(one));
        const isOn = table?.kind === "table" && table.properties.rowSecurity;
        return isOn && isMeant && !isBelow && (command === "all" ? COMMANDS.has(kind) : command === kind);
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

/** What policies can be for. */
const COMMANDS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete"]);

/** Tells whether rows are merely locked: FOR UPDATE asks for the right to update any one column. */
const locksRows = ({ kind, columns }: Deed): boolean => kind === "update" && columns?.length === 0;

const isStored = (deed: Deed): boolean =>
  deed.kind === "insert" || (deed.kind === "update" && !locksRows(deed));

function deedsOf({ schema, table, kind, columns }: TablePrivilege, { objects }: Catalog): Deed[] {
  const identity = `${quoteIdentifierIfNeeded(schema)}.${quoteIdentifierIfNeeded(table)}`;
  return ["table", "view"].flatMap((what) => {
    const key = `${what}:${identity}`;
    return objects.has(key) ? [{ key, kind, columns, isBelow: false }] : [];
  });
}

/** The conditions of a policy that count for what is done. */
function policyText(
  { properties: { using, check } }: ObjectOf<"policy">,
  kind: TablePrivilege["kind"],
): string {
  if (kind === "insert") return check ?? using ?? "";
  return kind === "update" ? `${using ?? ""} ${check ?? ""}` : (using ?? "");
}

const nameIn = (identity: string): string => partsOf(identity.slice(0, identity.indexOf("("))).at(-1) ?? "";

const executing = (called: ObjectOf<"function">): Privilege => ({
  kind: "execute on function",
  object: signatureOf(called),
});

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
  return [{ kind: "select", schema, table, columns }];
}

/** Names a function as the rights of queries do: with the names of its arguments, and without their defaults. */
function signatureOf({ identity, properties }: ObjectOf<"function">): string {
  const name = identity.slice(0, identity.lastIndexOf("("));
  return `${name}(${properties.arguments.replaceAll(/ DEFAULT (?:'(?:[^']|'')*'|[^,'])*/g, "")})`;
}
