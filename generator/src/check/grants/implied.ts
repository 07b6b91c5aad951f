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

/**
 * Finds what a role needs beside what a statement names: what the policies of its tables read, and functions that not anyone may execute and that
 * policies, CHECKs, generated columns and indexes call. All of that runs with the rights of who sends the statement.
 */
class Implied {
  readonly #catalog: Catalog;
  /** The role, and those that it is a member of, as SQL writes them. */
  readonly #roles: ReadonlySet<string>;
  /** By the key of what they are parts of. */
  readonly #parts = new Map<string, CatalogObject[]>();

  constructor(role: string, catalog: Catalog) {
    this.#catalog = catalog;
    this.#roles = memberships(role, catalog);
    for (const object of catalog.objects.values()) {
      if (object.parent === null) continue;
      const parts = this.#parts.get(object.parent);
      if (parts === undefined) this.#parts.set(object.parent, [object]);
      else parts.push(object);
    }
  }

  by(privileges: readonly Privilege[]): Privilege[] {
    const found = new Map<string, Privilege>();
    const pending = privileges.filter((one): one is TablePrivilege => "table" in one);
    const add = (privilege: Privilege): void => {
      const key = JSON.stringify(privilege);
      if (found.has(key)) return;
      found.set(key, privilege);
      if ("table" in privilege) pending.push(privilege);
    };
    for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
      const table = tableOf(one, this.#catalog);
      if (table === undefined) continue;
      for (const part of this.#parts.get(table.key) ?? []) {
        if (!this.#runs(part, table, one.kind)) continue;
        for (const needed of neededBy(part.key, this.#catalog)) {
          if (part.kind === "policy" && needed.key !== table.key && needed.parent !== table.key)
            for (const privilege of readingOf(needed, this.#catalog)) add(privilege);
          if (needed.kind === "function" && this.#isRestricted(needed))
            add({ kind: "execute on function", object: signatureOf(needed) });
        }
      }
    }
    return [...found.values()];
  }

  /** Tells whether a part of a table is evaluated when that is done to the table. */
  #runs(part: CatalogObject, table: ObjectOf<"table">, kind: TablePrivilege["kind"]): boolean {
    if (part.kind === "policy") {
      const { command, roles } = part.properties;
      const isMeant = roles.some((one) => one === "public" || this.#roles.has(one));
      return table.properties.rowSecurity && isMeant && (command === "all" || command === kind);
    }
    if (kind !== "insert" && kind !== "update") return false;
    if (part.kind === "constraint") return part.properties.type === "check";
    return part.kind === "index" || (part.kind === "column" && part.properties.generated !== null);
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

function tableOf({ schema, table }: TablePrivilege, { objects }: Catalog): ObjectOf<"table"> | undefined {
  const key = `table:${quoteIdentifierIfNeeded(schema)}.${quoteIdentifierIfNeeded(table)}`;
  const object = objects.get(key);
  return object?.kind === "table" ? object : undefined;
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
