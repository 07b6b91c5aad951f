import { once } from "../../../model/once.ts";
import type { Query, TablePrivilege } from "../../../model/query.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf, Routine } from "../../schema/catalog.ts";
import { childrenOf, columnsOf, dependentsOf, objectsOf } from "../../schema/catalog-index.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";
import { isCovered, keyOf } from "../constraints.ts";
import type { FailingExpression } from "../evaluated.ts";
import {
  type Access,
  type AccessKind,
  actionOf,
  bodyOf,
  eventsOf,
  reachOf,
  readBy,
  referenced,
  ruleBody,
  tableOf,
  wordsOf,
} from "./access.ts";
import { type BodyDefaults, defaultsOf } from "./body-writes.ts";
import { type NamedType, typesIn, typesMadeOf } from "./made-of.ts";
import { statementsIn } from "./statement-words.ts";

/** What executing the query has shown of it. */
export interface Shown {
  /** Whether it went well at home, so that what it would be refused for on the other schema has been seen. */
  readonly isTried: boolean;
  /** Whether it gave the same rows on both. */
  readonly givesSame: boolean;
  /** Tells whether it may be run by a role, or a member of it, as far as that is known. */
  mayRunAs(role: string): boolean;
}

/** What an object is held against a query with. */
interface Circumstances {
  /** The schema that the object is looked up in: the one that is met, or that of its home where it is gone. */
  readonly catalog: Catalog;
  readonly home: Catalog;
  readonly meets: Catalog;
  readonly shown: Shown;
  /** What may fail on the schema that is met, and is not there at home. */
  readonly failing: readonly FailingExpression[];
}

/** A query, held against one object. */
export class Concern {
  readonly query: Query;
  readonly shown: Shown;
  readonly catalog: Catalog;
  readonly #home: Catalog;
  readonly #meets: Catalog;
  readonly #failing: readonly FailingExpression[];
  readonly #access: Access;

  constructor(query: Query, access: Access, { catalog, home, meets, shown, failing }: Circumstances) {
    this.query = query;
    this.shown = shown;
    this.#access = access;
    this.catalog = catalog;
    this.#home = home;
    this.#meets = meets;
    this.#failing = failing;
  }

  takesPart(object: CatalogObject): boolean {
    return this.#access.keys.has(object.key);
  }

  /** Tells whether it makes use of a column: as PostgreSQL has noted it, or by its name in a body. */
  uses(column: CatalogObject): boolean {
    return this.takesPart(column) || (this.kindsOn(column).size > 0 && this.bodiesOf(column).length > 0);
  }

  /** The bodies of functions and rules that take part and name a column and its table. */
  bodiesOf(column: CatalogObject): readonly string[] {
    const [table = "", name = ""] = partsOf(column.identity)
      .slice(-2)
      .map((part) => part.toLowerCase());
    return [...this.#access.keys].flatMap((key) => {
      const body = bodyOf(this.catalog.objects.get(key));
      const words = body === null ? null : wordsOf(body);
      return body !== null && words?.has(name) && words.has(table) ? [body] : [];
    });
  }

  /** The text of the query, and those of the bodies that make use of a column. */
  textsOn(column: CatalogObject): string {
    return [this.query.sql.text, ...this.bodiesOf(column)].join("\n");
  }

  /** The text of the query, and those of the bodies, rules and views that take part. */
  get texts(): readonly string[] {
    return [
      this.query.sql.text,
      ...[...this.#access.keys].flatMap((key) => textOf(this.catalog.objects.get(key)) ?? []),
    ];
  }

  /** Of those, the ones that make use of a column: PostgreSQL notes which views do. */
  textsOf(column: CatalogObject): readonly string[] {
    if (!this.uses(column)) return [];
    const views = [...this.#access.keys].flatMap((key) => {
      const view = this.catalog.objects.get(key);
      const isOfIt = view?.kind === "view" && this.catalog.needs.get(key)?.has(column.key);
      return isOfIt ? [view.properties.definition] : [];
    });
    return [this.query.sql.text, ...this.bodiesOf(column), ...views];
  }

  /** The bodies that take part and name the table of a column, be it to insert rows without saying into which columns. */
  bodiesOn(column: CatalogObject): readonly string[] {
    const table = tableOf(column, this.catalog);
    const name = table === null ? "" : lastName(table.identity);
    return [...this.#access.keys].flatMap((key) => {
      const body = bodyOf(this.catalog.objects.get(key));
      if (body === null || !wordsOf(body).has(name)) return [];
      const isNamed = wordsOf(body).has(lastName(column.identity));
      return isNamed || statementsIn(body).some((one) => one.insertsByPlace(name)) ? [body] : [];
    });
  }

  /** Tells whether it makes rows of the table of a column by a cast, be it of a NULL that is filled from a document. */
  castsToRowOf(column: CatalogObject): boolean {
    const table = tableOf(column, this.catalog);
    if (table === null) return false;
    const names = new Set(typesMadeOf(table.key, this.catalog).map(({ name }) => name));
    return this.texts.some((text) => typesIn(text).some(({ name }) => names.has(name)));
  }

  /** Tells whether it stores values in a column of a unique key or an exclusion. */
  storesInKey(column: CatalogObject): boolean {
    if (!this.writesColumn(column) && !this.writesIndirectly(column)) return false;
    const [name] = partsOf(column.name);
    return (["constraint", "index"] as const).some((kind) =>
      childrenOf(kind, column.parent, this.catalog).some(
        ({ properties: { definition } }) => EXCLUDING.test(definition) && partsIn(definition).includes(name!),
      ),
    );
  }

  /** Tells whether it inserts into the table of a key, leaves out what any key refuses, and no other key refuses what that one did. */
  leavesConflicts(key: ObjectOf<"constraint"> | ObjectOf<"index">): boolean {
    if (!this.kindsOn(key).has("insert") || !this.texts.some((text) => LEAVING_OUT.test(text))) return false;
    const was = keyOf(key.properties.definition, "some rows");
    return (
      was === null ||
      !(["constraint", "index"] as const).some((kind) =>
        childrenOf(kind, key.parent, this.#meets).some((one) => {
          const by = keyOf(one.properties.definition);
          return by !== null && isCovered(was, by);
        }),
      )
    );
  }

  /** Gives what sets off the trigger of a parent table that a partition has in a state of its own. */
  eventsOf(state: ObjectOf<"trigger state">): ReadonlySet<string> {
    const triggers = [this.#home, this.#meets].flatMap(({ objects, needs }) =>
      [...(needs.get(state.key) ?? [])].map((key) => objects.get(key)),
    );
    return new Set(
      triggers.flatMap((one) => (one?.kind === "trigger" ? [...eventsOf(one.properties.definition)] : [])),
    );
  }

  /** Gives what is done to a table, or to the one that an object is a part of. */
  kindsOn(object: CatalogObject): ReadonlySet<AccessKind> {
    const table = tableOf(object, this.catalog) ?? object;
    return this.#access.tables.get(table.key) ?? NOTHING;
  }

  writes(object: CatalogObject): boolean {
    return WRITES.some((kind) => this.kindsOn(object).has(kind));
  }

  /** Tells whether the table that an object is a part of is named by the query or by what takes part: as a mere part of another one its policies are not asked. */
  isNamed(object: CatalogObject): boolean {
    return this.#access.named.has((tableOf(object, this.catalog) ?? object).key);
  }

  /** Tells whether rows are stored in the table of an object other than by the query's own words: through a view, in a body, by a foreign key or as a part of another one. */
  writesIndirectly(object: CatalogObject): boolean {
    const { key } = tableOf(object, this.catalog) ?? object;
    const kinds = this.#access.setOff.get(key) ?? NOTHING;
    return kinds.has("insert") || kinds.has("update");
  }

  /** The rights that the query itself needs to store rows in the table of an object. */
  #storing(object: CatalogObject): readonly TablePrivilege[] {
    const table = tableOf(object, this.catalog) ?? object;
    return this.query.privileges.filter(
      (p): p is TablePrivilege => (p.kind === "insert" || p.kind === "update") && this.#isTable(p, table.key),
    );
  }

  /** Gives an expression of an object that is evaluated for what it stores, and may fail then. */
  failingOf(of: FailingExpression["of"], object: CatalogObject): FailingExpression | null {
    const table = tableOf(object, this.catalog) ?? object;
    const path = partsOf(table.identity).join(".");
    const name = partsOf(object.name).join(".");
    return (
      this.#failing.find(
        (one) =>
          one.of === of &&
          one.table === path &&
          (of === "table" || one.name === name) &&
          this.#storesIn(object, one.columns),
      ) ?? null
    );
  }

  /** Tells whether it may store other values in one of these columns; which ones a trigger or a body writes is not known. */
  #storesIn(object: CatalogObject, columns: readonly string[]): boolean {
    if (this.writesIndirectly(object)) return true;
    const storing = this.#storing(object);
    const { key } = tableOf(object, this.catalog) ?? object;
    const hasTrigger = childrenOf("trigger", key, this.catalog).length > 0;
    return storing.some((p) => hasTrigger || p.columns.some((column) => columns.includes(column)));
  }

  /** Tells whether there is no such object at home. @param key of the object */
  isNew(key: string | null): boolean {
    return key !== null && !this.#home.objects.has(key);
  }

  /** Tells whether it makes values of a domain: by storing them, or by a cast, where its name or that of what is made of it stands in the query, a body or a view. */
  makesValuesOf(domain: ObjectOf<"domain">): boolean {
    if (this.takesPart(domain) && this.writesAnything) return true;
    const { texts } = this;
    const words = texts.map(wordsOf);
    const isMade = ({ name, isRow }: NamedType): boolean =>
      texts.some(
        (text, i) => words[i]!.has(name) && (!isRow || typesIn(text).some((one) => one.name === name)),
      );
    if (typesMadeOf(domain.key, this.catalog).some(isMade)) return true;
    return columnsOf(domain.identity, this.catalog).some((one) => this.writesIndirectly(one));
  }

  /** Tells whether a routine decides which values a domain takes of which it makes values. */
  checksWith({ key }: Routine): boolean {
    return dependentsOf(key, this.catalog).some(({ kind, parent }) => {
      const domain = kind === "domain constraint" ? this.catalog.objects.get(parent ?? "") : undefined;
      return domain?.kind === "domain" && this.makesValuesOf(domain);
    });
  }

  /** Tells whether a rule is about a column that its table has at home, too: one about new columns alone is for those who know them. */
  isOfKnownColumns(rule: ObjectOf<"constraint"> | ObjectOf<"index">): boolean {
    const { parent, properties } = rule;
    const names = new Set(partsIn(properties.definition));
    // Of a partition that is new, the columns are those of the whole.
    if (parent !== null && this.isNew(parent) && !this.isNamed(rule)) return true;
    return childrenOf("column", parent, this.#home).some(({ name }) => names.has(partsOf(name).join(".")));
  }

  /** Tells whether a unique key at home refuses all that one refuses which is met. */
  isCoveredAtHome({ parent, properties }: ObjectOf<"constraint"> | ObjectOf<"index">): boolean {
    const key = keyOf(properties.definition, "some rows");
    return (
      key !== null &&
      (["constraint", "index"] as const).some((kind) =>
        childrenOf(kind, parent, this.#home).some((one) => {
          const by = keyOf(one.properties.definition);
          return by !== null && isCovered(key, by);
        }),
      )
    );
  }

  writesColumn(object: CatalogObject): boolean {
    const table = tableOf(object, this.catalog);
    return table !== null && this.#access.written.has(`${table.key}.${object.name}`);
  }

  /** Tells whether a column gets its default: in the query, in the body of what takes part, or by a foreign key's action. */
  leavesOut(column: CatalogObject): boolean {
    const table = tableOf(column, this.catalog);
    if (table === null) return false;
    const [name] = partsOf(column.name);
    const path = partsOf(column.identity).join(".");
    return (
      (this.query.defaulted ?? []).some((one) => `${one.schema}.${one.table}.${one.column}` === path) ||
      this.#isSetByReference(table, name!) ||
      this.#isLeftByBody(table, name!.toLowerCase())
    );
  }

  /** Tells whether a column of a domain, without a default of its own, gets that of the domain. */
  leavesOutOf(domain: ObjectOf<"domain">): boolean {
    return columnsOf(domain.identity, this.catalog).some(
      (one) => !this.catalog.objects.has(`default:${one.key}`) && this.leavesOut(one),
    );
  }

  /** Tells whether a foreign key sets a column of a table to its default, for what is done to the rows that it refers to. */
  #isSetByReference({ key }: CatalogObject, column: string): boolean {
    for (const one of childrenOf("constraint", key, this.catalog)) {
      const { definition } = one.properties;
      const target = referenced(definition);
      const kinds = target === null ? NOTHING : this.tableNamed(target);
      const sets = (["delete", "update"] as const).some(
        (kind) => kinds.has(kind) && definition.includes(` ON ${kind.toUpperCase()} SET DEFAULT`),
      );
      if (sets && partsIn(/^FOREIGN KEY \(([^)]*)\)/.exec(definition)?.[1] ?? "").includes(column))
        return true;
    }
    return false;
  }

  /** Tells whether a function or a rule that takes part leaves a column to its default, by the name of its table or of a view that is written to. */
  #isLeftByBody(table: CatalogObject, column: string): boolean {
    if (!this.kindsOn(table).has("insert") && !this.kindsOn(table).has("update")) return false;
    const names = [...this.#access.tables].flatMap(([key, kinds]) => {
      const isMeant = key === table.key || !key.startsWith("table:");
      const isWritten = kinds.has("insert") || kinds.has("update");
      return isMeant && isWritten ? [lastName(identityOf(key))] : [];
    });
    for (const key of this.#access.keys) {
      const leaves = defaultsIn(this.catalog.objects.get(key));
      if (leaves !== null && names.some((name) => leaves(name, column))) return true;
    }
    return false;
  }

  /** Tells whether a parameter is what it writes to the column: then the parameter tells. */
  sendsColumn(object: CatalogObject): boolean {
    const table = tableOf(object, this.catalog);
    const path = table === null ? "" : partsOf(table.identity).join(".");
    return this.query.params.some(
      ({ origin }) => origin?.column === object.name && `${origin.schema}.${origin.table}` === path,
    );
  }

  get writesAnything(): boolean {
    return this.query.statement !== "select" || this.query.privileges.some(({ kind }) => kind !== "select");
  }

  /** Tells whether a foreign key's action writes a column that a constraint is about, where the query itself does not touch the table. */
  writesByReference({ parent, properties }: ObjectOf<"constraint">): boolean {
    if (parent === null || this.query.privileges.some((p) => "table" in p && this.#isTable(p, parent)))
      return false;
    const words = new Set(partsIn(properties.definition));
    for (const key of childrenOf("constraint", parent, this.catalog)) {
      const target = referenced(key.properties.definition);
      const kinds = target === null ? NOTHING : this.tableNamed(target);
      const isWritten =
        (kinds.has("delete") && actionOf(key.properties.definition, "delete") === "set") ||
        (kinds.has("update") && actionOf(key.properties.definition, "update") !== null);
      const own = /^FOREIGN KEY \(([^)]*)\)/.exec(key.properties.definition)?.[1] ?? "";
      if (isWritten && partsIn(own).some((column) => words.has(column))) return true;
    }
    return false;
  }

  /** Tells whether a partitioned table has a partition for the rows that no other one takes; one that is not partitioned takes any. */
  takesAnyRow({ identity, properties }: ObjectOf<"table">): boolean {
    if (properties.partitionKey === null) return true;
    return objectsOf("partition", this.catalog).some(
      ({ properties: { of, bound } }) => of === identity && bound === "DEFAULT",
    );
  }

  /** Tells whether it takes a number of a sequence: by its name, or by the default of a column that it leaves out. */
  counts(sequence: ObjectOf<"sequence">): boolean {
    const columns = dependentsOf(sequence.key, this.catalog).filter(({ kind }) => kind === "default");
    const path = partsOf(sequence.identity).join(".");
    const isNamed = this.query.privileges.some(
      (p) => "object" in p && p.kind.endsWith("on sequence") && partsOf(p.object).join(".") === path,
    );
    if (isNamed || columns.length === 0) return isNamed || this.takesPart(sequence);
    return columns.some(({ parent }) => {
      const column = parent === null ? undefined : this.catalog.objects.get(parent);
      return column !== undefined && this.kindsOn(column).has("insert") && !this.writesColumn(column);
    });
  }

  /** Tells whether a subquery that stands for a value, and is not known to give one row, reads the table that an object is a part of. */
  readsForValue(object: CatalogObject): boolean {
    const table = tableOf(object, this.catalog);
    if (table === null || !this.kindsOn(object).has("select")) return false;
    return (this.query.valueSubqueries ?? []).some(
      ({ atMostOne, reads }) => !atMostOne && (reads === null || readBy(reads, this.catalog).has(table.key)),
    );
  }

  /** Tells whether its text, or that of what takes part, has the name of an object; or names one of the same sort that is made of it. */
  names(object: ObjectOf<"other">): boolean {
    const { says } = reachOf(this.query, this.catalog);
    const name = lastName(object.identity);
    return objectsOf("other", this.catalog).some(
      (one) =>
        says(lastName(one.identity)) &&
        (one.key === object.key || wordsOf(one.properties.definition).has(name)),
    );
  }

  /** Gives the type that values of a domain are of, and any other type back. */
  baseOf(type: string): string {
    const domain = this.catalog.objects.get(`domain:${type}`);
    return domain?.kind === "domain" ? this.baseOf(domain.properties.type) : type;
  }

  /** Tells whether another column of its table may not be NULL, so that no row is NULL as a whole. */
  hasValues({ key, parent }: ObjectOf<"column">): boolean {
    return childrenOf("column", parent, this.#home).some((one) => one.key !== key && one.properties.notNull);
  }

  /** Tells whether a type is none of PostgreSQL's own, nor made of one: what its operators do is the extension's. */
  isOfExtension(type: string): boolean {
    const plain = type.replace(/\(.*\)|\[\]/g, "");
    if (partsOf(plain).length < 2) return false;
    return ![this.catalog, this.#home].some(({ objects }) =>
      ["enum", "composite type", "range type", "domain", "table", "view", "materialized view"].some((kind) =>
        objects.has(`${kind}:${plain}`),
      ),
    );
  }

  /** The columns of a view that it names; null where others go through it. */
  columnsOf(view: CatalogObject): ReadonlySet<string> | null {
    const own = this.query.privileges.filter(
      (p): p is TablePrivilege => "table" in p && this.#isTable(p, view.key),
    );
    // What another view shows of it is not known.
    const isBehind = [...this.#access.keys].some(
      (key) => key !== view.key && VIEW.test(key) && this.catalog.needs.get(key)?.has(view.key),
    );
    return own.length === 0 || isBehind ? null : new Set(own.flatMap(({ columns }) => columns));
  }

  /** Tells whether another relation that it touches has a column of that name. */
  sharesColumn({ name, parent }: CatalogObject): boolean {
    return [...this.#access.tables.keys()].some(
      (key) =>
        key !== parent &&
        ["column", "view column"].some((kind) =>
          this.catalog.objects.has(`${kind}:${identityOf(key)}.${name}`),
        ),
    );
  }

  #isTable({ schema, table }: { readonly schema: string; readonly table: string }, key: string): boolean {
    return partsOf(identityOf(key)).join(".") === `${schema}.${table}`;
  }

  tableNamed(qualified: string): ReadonlySet<AccessKind> {
    for (const [key, kinds] of this.#access.tables)
      if (identityOf(key).replaceAll('"', "") === qualified) return kinds;
    return NOTHING;
  }
}

/** The text of what a function or a rule does, or a view asks; null for anything else. */
const textOf = (object: CatalogObject | undefined): string | null =>
  object?.kind === "view" ? object.properties.definition : bodyOf(object);

/** Reads what the body of a function or a rule leaves to its default; null for anything else. */
function defaultsIn(object: CatalogObject | undefined): BodyDefaults | null {
  if (object === undefined) return null;
  return once(DEFAULTS, object, () => {
    if (object.kind === "function" || object.kind === "procedure") return defaultsOf(object.properties);
    if (object.kind !== "rule") return null;
    return defaultsOf({ language: "sql", body: ruleBody(object), attributes: ["volatile"] });
  });
}

/** Of objects, for as long as their catalog is held. */
const DEFAULTS = new WeakMap<CatalogObject, BodyDefaults | null>();

/** What refuses a row for the sake of another one. */
const EXCLUDING = /^(?:UNIQUE|PRIMARY KEY|EXCLUDE|CREATE UNIQUE)\b/i;
/** An INSERT that no key is named in. */
const LEAVING_OUT = /\bon\s+conflict\s+do\s+nothing\b/i;

const VIEW = /^(?:materialized )?view:/;

const NOTHING: ReadonlySet<AccessKind> = new Set();
export const WRITES = ["insert", "update", "delete"] as const;

/** The names in a definition, unquoted. */
const partsIn = (definition: string): string[] =>
  (definition.match(/"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []).flatMap((name) => partsOf(name));
