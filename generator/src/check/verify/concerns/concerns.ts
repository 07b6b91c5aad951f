import type { Query } from "../../../model/query.ts";
import { nameOf, partsOf } from "../../../sql/quoting.ts";
import {
  type Catalog,
  type CatalogObject,
  isRoutine,
  type ObjectKind,
  type ObjectOf,
  type Routine,
} from "../../schema/catalog.ts";
import { childrenOf, dependentsOf, objectsOf } from "../../schema/catalog-index.ts";
import { compareCatalogs } from "../../schema/compare.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";
import type { Deletion } from "../deleted.ts";
import type { Difference } from "../difference.ts";
import type { FailingExpression } from "../evaluated.ts";
import type { Exchange } from "../exchanged.ts";
import type { Restart } from "../restarted.ts";
import { inCatalog, type Rewrite, usesColumn, type Watched } from "../rewritten.ts";
import { isNoStricterThanAll } from "../stricter.ts";
import {
  type Access,
  type AccessKind,
  accessOf,
  type Reach,
  reachOf,
  reachOnEither,
  referenced,
  tableOf,
  wordsOf,
} from "./access.ts";
import { doing, isSameText, policiesFor, triggersOf } from "./alike.ts";
import { isOpen, isParsed } from "./body-writes.ts";
import { Concern, type Shown } from "./concern.ts";
import { goneFromBodies, type Met } from "./gone-from-bodies.ts";
import { JUDGES, type Judge, type ObjectChange } from "./judges.ts";
import { labelsLost, typesMadeOf } from "./made-of.ts";
import { otherwiseInBodies } from "./otherwise-in-bodies.ts";

/** What makes that which is stored on one of two schemas other than what it is on the other. */
export interface Moved extends Watched {
  readonly restarts: readonly Restart[];
  readonly deletions: readonly Deletion[];
  readonly exchanges: readonly Exchange[];
  /** The columns that the queries of either version read, `schema.table.column`. */
  readonly read: ReadonlySet<string>;
  /** The keys of what is defined as on the other schema, but for the names of what it refers to. */
  readonly sameButNames: ReadonlySet<string>;
}

/** A schema that differs from the one that a client was made for. */
export class Changes {
  readonly #home: Catalog;
  readonly #meets: Catalog;
  readonly #changes: readonly ObjectChange[];
  readonly #added: readonly CatalogObject[];
  /** The tables whose columns stand in another order. */
  readonly #reordered: ReadonlySet<string>;
  readonly #rewrites: readonly Rewrite[];
  /** What has the name of a relation of another kind at home, and was not seen to give the same. */
  readonly #replaced: readonly CatalogObject[];

  /** The names of enums of which a label has another name, which a body may know. */
  readonly #relabelled: readonly string[];
  readonly #restarts: readonly Restart[];
  readonly #deletions: readonly Deletion[];
  readonly #exchanges: readonly Exchange[];
  readonly #read: ReadonlySet<string>;
  #judged: readonly JudgedChange[] | undefined;

  constructor(home: Catalog, meets: Catalog, moved: Moved) {
    const { rewrites, same, restarts, deletions, exchanges, read, sameButNames } = moved;
    this.#home = home;
    this.#meets = meets;
    this.#rewrites = rewrites;
    this.#restarts = restarts;
    this.#deletions = deletions;
    this.#exchanges = exchanges;
    this.#read = read;
    this.#relabelled = relabelled(home, meets);
    this.#replaced = replaced(home, meets).filter((one) => !same.has(one.identity) || isChosen(one));
    const { added: all, removed, changed } = compareCatalogs(home, meets);
    this.#reordered = reordered(home, meets);
    const isMoved = (one: CatalogObject, others: readonly CatalogObject[]): boolean =>
      others.some((other) => isSameElsewhere(one, other));
    const added = all.filter((one) => !isMoved(one, removed));
    this.#added = all;
    this.#changes = [
      ...removed
        .filter((one) => !isMoved(one, all))
        .map((from): ObjectChange => ({ change: "removed", from, to: null, properties: [] })),
      ...changed
        // A label by another name is another text.
        .filter(({ from, to }) => !sameButNames.has(to.key) || isRelabelled(from, to))
        .map(({ from, to, properties }): ObjectChange => ({ change: "changed", from, to, properties })),
      ...added.map((to): ObjectChange => ({ change: "added", from: null, to, properties: [] })),
    ];
  }

  /** Tells whether anything that takes part in the query is otherwise. */
  touches(query: Query): boolean {
    const [home, meets] = [accessOf(query, this.#home), accessOf(query, this.#meets)];
    const isOf = (object: CatalogObject | null, access: Access, catalog: Catalog): boolean =>
      object !== null &&
      (access.keys.has(object.key) || access.tables.has((tableOf(object, catalog) ?? object).key));
    return this.#changes.some(
      ({ from, to }) =>
        !UNSEEN.has((to ?? from)!.kind) && (isOf(from, home, this.#home) || isOf(to, meets, this.#meets)),
    );
  }

  /**
   * Tells whether anything is otherwise that may have a part in the query: where not, it fares on either schema as on the other. What is followed by
   * names counts by its name alone, be it of another object.
   */
  mayConcern(query: Query): boolean {
    // What is otherwise is a part of what is reached, or is named there: else as much is reached on the one as on the other.
    const reach = reachOnEither(query, [this.#home, this.#meets]);
    const { tables, keys, says } = reach;
    if ([...this.#reordered].some((key) => tables.has(key))) return true;
    // Whether one has data is in no catalog.
    if ([...keys].some((key) => key.startsWith("materialized view:"))) return true;
    if (this.#rewrittenFor(query).length > 0 || this.#restartedFor(query).length > 0) return true;
    if (this.#deletedFor(query).length > 0 || this.#exchangedFor(query).length > 0) return true;
    if (this.#isOpen(keys) && this.#goneFromBodies(query).length > 0) return true;
    if (this.#relabelled.some(says)) return true;
    return this.#changes.some(
      ({ from, to }) => isReached(from, reach, this.#home) || isReached(to, reach, this.#meets),
    );
  }

  /** Tells whether nothing that has a part in it depends on when or where it is executed, or on the order in which rows lie. */
  isSteady(query: Query): boolean {
    return [this.#home, this.#meets].every((catalog) => {
      const reach = reachOf(query, catalog);
      return !UNSTEADY.some((word) => reach.says(word));
    });
  }

  /** The tables that it touches on either, `schema.name`. */
  tablesOf(query: Query): ReadonlySet<string> {
    const names = [this.#home, this.#meets].flatMap((catalog) =>
      [...accessOf(query, catalog).tables.keys()].map((key) =>
        partsOf(catalog.objects.get(key)!.identity).join("."),
      ),
    );
    return new Set(names);
  }

  /**
   * Gives what a person has to look at: what takes part in the query, is otherwise, and can be neither excluded nor proven to matter.
   * @param failing what may fail on the schema that is met, and is not there at home
   */
  concerning(query: Query, shown: Shown, failing: readonly FailingExpression[]): Difference[] {
    const rewritten = this.#rewrittenFor(query).map(({ column, span }): Difference => {
      const { name, parent } = inCatalog(column, this.#meets)!;
      const table = identityOf(parent!);
      return {
        code: "verify-behaviour",
        effect: "may",
        message: `column ${name} of ${table}, which it reads, holds other values here`,
        about: name,
        cause: { told: `values of ${table}, column ${name}, are written anew`, span },
      };
    });
    const restarted = this.#restartedFor(query).map(({ key, span }): Difference => {
      const { kind, identity, name } = this.#meets.objects.get(key)!;
      return {
        code: "verify-behaviour",
        effect: "may",
        message: `${kind} ${identity}, of which it takes a number, begins anew here: one that was given before may come again`,
        about: name,
        cause: { told: `${kind} ${identity} begins anew`, span },
      };
    });
    const deleted = this.#deletedFor(query).map(({ key, span }): Difference => {
      const { identity, name } = this.#meets.objects.get(key)!;
      return {
        code: "verify-behaviour",
        effect: "may",
        message: `${identity}, which it reads, has fewer rows here`,
        about: name,
        cause: { told: `rows of ${identity} are deleted`, span },
      };
    });
    const exchanged = this.#exchangedFor(query).map(({ key, from, span }): Difference => {
      const { kind, identity, name } = this.#meets.objects.get(key)!;
      return {
        code: "verify-behaviour",
        effect: "may",
        message: `${kind} ${identity} is another one here than on the other schema: the migration gives its name to ${from}`,
        about: name,
        cause: { told: `${from} gets the name of ${kind} ${identity}`, span },
      };
    });
    return [
      ...rewritten,
      ...restarted,
      ...deleted,
      ...exchanged,
      ...this.#replacing(query),
      ...this.#changed(query, shown, failing),
      ...this.#goneFromBodies(query),
      ...otherwiseInBodies(this.#changes, this.#reordered, this.#met(query)),
    ];
  }

  #goneFromBodies(query: Query): Difference[] {
    return goneFromBodies(query, this.#changes, this.#met(query));
  }

  #met(query: Query): Met {
    return { home: this.#home, meets: this.#meets, access: accessOf(query, this.#meets) };
  }

  /** Tells whether something among all that takes part executes texts that it makes, which may name anything. */
  #isOpen(keys: ReadonlySet<string>): boolean {
    return [...keys].some((key) => {
      const one = this.#meets.objects.get(key);
      return one !== undefined && isRoutine(one) && isOpen(one.properties);
    });
  }

  /** Tells of what stands in the place of another kind of relation: the rows that it gives are none of what was stored for the trial. */
  #replacing(query: Query): Difference[] {
    if (this.#replaced.length === 0) return [];
    const { tables } = accessOf(query, this.#meets);
    return this.#replaced
      .filter(({ key }) => tables.has(key))
      .map(({ key, kind, identity, name }) => ({
        code: "verify-changed",
        effect: "may",
        message: `${identity} is a ${kind} here, and another kind of relation on the other schema: which rows and values it has is decided there`,
        about: name,
        object: key,
      }));
  }

  /** The sequences that begin anew of which it takes numbers. */
  #restartedFor(query: Query): readonly Restart[] {
    if (this.#restarts.length === 0) return [];
    const concern = this.#concernOf(query);
    return this.#restarts.filter(({ key }) => {
      const object = this.#meets.objects.get(key);
      if (object?.kind === "sequence") return concern.counts(object);
      return (
        object?.kind === "column" && concern.kindsOn(object).has("insert") && !concern.writesColumn(object)
      );
    });
  }

  /** The query, held against what is there apart from what it was seen to do. */
  #concernOf(query: Query): Concern {
    const [home, meets] = [this.#home, this.#meets];
    const circumstances = { catalog: meets, home, meets, shown: NOTHING_SHOWN, failing: [] };
    return new Concern(query, accessOf(query, meets), circumstances);
  }

  /** The tables of which rows are deleted that it reads. */
  #deletedFor(query: Query): readonly Deletion[] {
    if (this.#deletions.length === 0) return [];
    const { tables, named } = accessOf(query, this.#meets);
    const read = this.#deletions.filter(({ key }) => tables.get(key)?.has("select"));
    // What a statement takes from a part is told with the whole, where it takes from that.
    return read.filter(
      ({ key, span }) => named.has(key) || !read.some((other) => other.span === span && named.has(other.key)),
    );
  }

  /** The relations with the name of another one of which it reads or writes rows, or takes numbers. */
  #exchangedFor(query: Query): readonly Exchange[] {
    if (this.#exchanges.length === 0) return [];
    const concern = this.#concernOf(query);
    return this.#exchanges.filter(({ key, isHidden }) => {
      const object = this.#meets.objects.get(key);
      // What is named with its schema is not looked for.
      if (isHidden && object && /\bpublic"?\s*\./i.test(query.sql.text)) return false;
      if (object?.kind === "sequence") return concern.counts(object);
      const isRelation = RELATIONS.some((kind) => kind === object?.kind);
      return isRelation && concern.kindsOn(object!).size > 0 && concern.isNamed(object!);
    });
  }

  /** The rewrites of columns whose values the query reads, be it to compare them. */
  #rewrittenFor(query: Query): readonly Rewrite[] {
    return this.#rewrites.filter(({ column: identity, isFill }) => {
      const column = inCatalog(identity, this.#meets);
      return (
        column !== undefined &&
        usesColumn(query, column, this.#meets, READS) &&
        (!isFill || SEES_NULL.test(query.sql.text))
      );
    });
  }

  /** Tells whether a rule is still there under another name: what says its name is refused when it is executed. */
  #isKept({ from, to }: ObjectChange): boolean {
    if (from?.kind !== "constraint" || to !== null) return false;
    return this.#changes.some(
      ({ from: other, to: now }) =>
        other === null &&
        now?.kind === "constraint" &&
        now.parent === from.parent &&
        now.properties.definition === from.properties.definition,
    );
  }

  /** Tells whether it is a policy that holds for none of the roles that may run the query. */
  #isOfOthers({ from, to }: ObjectChange, { mayRunAs }: Shown): boolean {
    const policies = [from, to].filter((one): one is ObjectOf<"policy"> => one?.kind === "policy");
    const roles = policies.flatMap(({ properties }) => properties.roles);
    return policies.length > 0 && !roles.some((role) => role === "public" || mayRunAs(nameOf(role)));
  }

  /** Tells whether it is a routine that went to another schema, and all that calls it went along: what says its name in a text does not. */
  #isFollowed({ from, to }: ObjectChange, { keys }: Access): boolean {
    if (to !== null || from === null || !isRoutine(from)) return false;
    if (!this.#added.some((one) => isSameRoutine(one, from))) return false;
    const own = nameOf(partsOf(from.identity.replace(/\(.*$/s, "")).at(-1)!).toLowerCase();
    return [...keys].every((key) => {
      const one = this.#home.objects.get(key);
      return (
        one === undefined ||
        !isRoutine(one) ||
        isParsed(one.properties.body) ||
        !wordsOf(one.properties.body).has(own)
      );
    });
  }

  /** Tells whether it is a rule that asks nothing which others did not ask at home, be they several. */
  #isAsked({ to }: ObjectChange): boolean {
    if (to?.kind !== "constraint" && to?.kind !== "domain constraint") return false;
    const { parent, properties } = to;
    // A foreign key does more than to refuse.
    if (!properties.definition.startsWith("CHECK ")) return false;
    const were = childrenOf(to.kind, parent, this.#home).map((one) => one.properties.definition);
    return isNoStricterThanAll(properties.definition, were);
  }

  /** Tells whether a table's policies decide the same of what is done to it, or its triggers do the same, though this one is otherwise. */
  #isSame({ from, to }: ObjectChange, { home, meets }: Readonly<Record<"home" | "meets", Access>>): boolean {
    const { kind, parent: table } = (to ?? from)!;
    if (table === null) return false;
    if (kind === "trigger") return triggersOf(table, this.#home) === triggersOf(table, this.#meets);
    if (kind !== "policy") return false;
    const done = [home, meets].flatMap(({ tables }) => [...(tables.get(table) ?? [])]);
    return done.every((one) => policiesFor(table, one, this.#home) === policiesFor(table, one, this.#meets));
  }

  /** Tells whether it is the default of a column that one of the schemas has not, or of which nobody reads what is stored. */
  #isUnread({ from, to }: ObjectChange): boolean {
    const { kind, parent } = (to ?? from)!;
    // What a view's own default gives is read in its table.
    if (kind !== "default" || parent === null || parent.startsWith("view column:")) return false;
    if (!this.#home.objects.has(parent) || !this.#meets.objects.has(parent)) return true;
    const path = partsOf(identityOf(parent)).join(".");
    return !this.#read.has(path) && ![this.#home, this.#meets].some((catalog) => isLookedAt(parent, catalog));
  }

  /** The changes that may have to be looked at, whatever the query. */
  #toJudge(): readonly JudgedChange[] {
    this.#judged ??= this.#changes.flatMap((change) => {
      const judge = JUDGES[(change.to ?? change.from)!.kind] as Judge | null;
      return judge === null || this.#isKept(change) || this.#isUnread(change) || this.#isAsked(change)
        ? []
        : [{ change, judge }];
    });
    return this.#judged;
  }

  #changed(query: Query, shown: Shown, failing: readonly FailingExpression[]): Difference[] {
    if (this.#toJudge().length === 0) return [];
    const accesses = { home: accessOf(query, this.#home), meets: accessOf(query, this.#meets) };
    return this.#toJudge().flatMap(({ change: one, judge }) => {
      const object = (one.to ?? one.from)!;
      if (this.#isSame(one, accesses) || this.#isOfOthers(one, shown)) return [];
      if (this.#isFollowed(one, accesses.home)) return [];
      const side = one.to === null ? "home" : "meets";
      const [home, meets] = [this.#home, this.#meets];
      const catalog = { home, meets }[side];
      const message = judge(
        one,
        new Concern(query, accesses[side], { catalog, home, meets, shown, failing }),
      );
      if (message === null) return [];
      return [{ code: "verify-changed", effect: "may", message, about: object.name, object: object.key }];
    });
  }
}

interface JudgedChange {
  readonly change: ObjectChange;
  readonly judge: Judge;
}

/** Tells whether a view, a policy, an index or the body of a function asks for a column. */
function isLookedAt(column: string, catalog: Catalog): boolean {
  if (dependentsOf(column, catalog).some(({ kind }) => LOOKING.has(kind))) return true;
  const [table = "", name = ""] = partsOf(identityOf(column))
    .slice(-2)
    .map((part) => part.toLowerCase());
  return (["function", "procedure"] as const).some((kind) =>
    objectsOf(kind, catalog).some(({ properties }) => saysColumn(properties.body, table, name)),
  );
}

/** Tells whether a text names a column, or all columns, of a table. */
function saysColumn(body: string, table: string, column: string): boolean {
  const words = wordsOf(body);
  return words.has(table) && (words.has(column) || body.includes("*"));
}

const LOOKING: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "view",
  "materialized view",
  "policy",
  "index",
]);

const NOTHING_SHOWN: Shown = { isTried: false, givesSame: false, mayRunAs: () => true };

const READS = new Set(["select"] as const);

/** What tells a value from none; COALESCE has one for both. */
const SEES_NULL =
  /\bis\s+(?:not\s+)?(?:null|distinct)\b|\b(?:isnull|notnull|num_nulls|num_nonnulls)\b|\bcount\s*\(\s*[^*\s]/i;

/** What gives something else on another server, in another transaction, or as the rows lie. */
const UNSTEADY: readonly string[] = [
  ...["now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "timeofday"],
  ...[
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "today",
    "tomorrow",
    "yesterday",
    "age",
  ],
  ...["current_database", "current_catalog", "version", "pg_backend_pid", "current_setting"],
  ...["ctid", "xmin", "xmax", "cmin", "cmax", "oid", "tableoid", "pg_current_xact_id", "txid_current"],
  ...["limit", "fetch", "distinct", "array_agg", "string_agg", "row_number", "first_value", "last_value"],
];

/** Kinds of which any change may matter to any query: how names are resolved, what operators and types there are, who may do what. */
const FAR_REACHING: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "role",
  "setting",
  "extension",
  "schema",
  "publication",
  "published table",
  "published schema",
  "other",
]);
/** Kinds that no query notices. */
const UNNOTICED: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "comment",
  "statistics",
  "cluster",
  "event trigger",
  "default privileges",
]);

function isReached(object: CatalogObject | null, reach: Reach, catalog: Catalog): boolean {
  if (object === null || UNNOTICED.has(object.kind)) return false;
  const { keys, tables, says } = reach;
  if (object.kind === "index" && !/^create unique/i.test(object.properties.definition))
    return kindsIn(tables, object.parent).some((kind) => WRITTEN.has(kind));
  let whole: CatalogObject = object;
  for (let part: CatalogObject | undefined = object; part !== undefined; ) {
    whole = part;
    const { key, kind, parent }: CatalogObject = part;
    if (FAR_REACHING.has(kind) || keys.has(key) || tables.has(key)) return true;
    part = parent === null ? undefined : catalog.objects.get(parent);
  }
  const own = lastName(whole.identity);
  const names = TYPES.has(whole.kind) ? typesMadeOf(whole.key, catalog).map(({ name }) => name) : [own];
  if (names.some(says)) return true;
  if (object.kind === "partition" || object.kind === "inheritance")
    return kindsOf(tables, partsOf(object.properties.of).join(".")).length > 0;
  const parent = object.kind === "constraint" ? referenced(object.properties.definition) : null;
  return parent !== null && kindsOf(tables, parent).some((kind) => UNDONE.has(kind));
}

const TYPES: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "domain",
  "enum",
  "composite type",
  "range type",
]);

/** An index that is not unique matters to what maintains it. */
const WRITTEN: ReadonlySet<AccessKind> = new Set(["insert", "update"]);
/** What a foreign key that refers to the table may refuse, or pass on. */
const UNDONE: ReadonlySet<AccessKind> = new Set(["delete", "update"]);

const kindsIn = (tables: Reach["tables"], key: string | null): AccessKind[] => [
  ...((key === null ? undefined : tables.get(key)) ?? []),
];

/** Gives what is done to a table, `schema.name`. */
function kindsOf(tables: Reach["tables"], path: string): AccessKind[] {
  return [...tables].flatMap(([key, kinds]) =>
    partsOf(identityOf(key)).join(".") === path ? [...kinds] : [],
  );
}

/** Finds the tables of which the columns that both have stand in another order. */
function reordered(home: Catalog, meets: Catalog): ReadonlySet<string> {
  const inOrder = (catalog: Catalog, other: Catalog): Map<string, string[]> => {
    const columns = new Map<string, CatalogObject[]>();
    for (const object of catalog.objects.values())
      if (object.kind === "column" && object.parent !== null && other.objects.has(object.key))
        columns.set(object.parent, [...(columns.get(object.parent) ?? []), object]);
    const byPlace = (a: CatalogObject, b: CatalogObject): number => (a.position ?? 0) - (b.position ?? 0);
    return new Map([...columns].map(([table, own]) => [table, own.sort(byPlace).map(({ key }) => key)]));
  };
  const there = inOrder(meets, home);
  return new Set(
    [...inOrder(home, meets)].flatMap(([table, own]) =>
      String(own) === String(there.get(table)) ? [] : [table],
    ),
  );
}

/** Finds the enums that have lost a label, by their last names in lower case. */
const relabelled = (home: Catalog, meets: Catalog): string[] =>
  objectsOf("enum", home).flatMap((from) => {
    const to = meets.objects.get(from.key);
    return to !== undefined && isRelabelled(from, to) ? [lastName(from.identity)] : [];
  });

const isRelabelled = (from: CatalogObject, to: CatalogObject): boolean =>
  from.kind === "enum" && to.kind === "enum" && labelsLost(from, to).length > 0;

/** Finds the relations that have the name of one of another kind. */
function replaced(home: Catalog, meets: Catalog): CatalogObject[] {
  return [...meets.objects.values()].filter(
    ({ key, kind, identity }) =>
      RELATIONS.some((one) => one === kind) &&
      !home.objects.has(key) &&
      RELATIONS.some((one) => home.objects.has(`${one}:${identity}`)),
  );
}

/** Tells whether a view decides which rows it gives: those that a migration was run on need not be others. */
const isChosen = (object: CatalogObject): boolean =>
  (object.kind === "view" || object.kind === "materialized view") &&
  /\b(?:WHERE|JOIN|LIMIT|OFFSET|FETCH|DISTINCT|GROUP BY|HAVING)\b/.test(object.properties.definition);

const RELATIONS = ["table", "view", "materialized view"] as const;

/** Tells whether it only went along with a table that has another name. */
function isSameElsewhere(a: CatalogObject, b: CatalogObject): boolean {
  return (
    a.kind === "constraint" &&
    a.kind === b.kind &&
    a.name === b.name &&
    a.properties.definition === b.properties.definition
  );
}

/** Tells whether one routine is another one in all but its schema. */
function isSameRoutine(one: CatalogObject, other: Routine): boolean {
  if (!isRoutine(one) || one.kind !== other.kind || one.name !== other.name) return false;
  const [a, b] = [one.properties, other.properties];
  return (
    a.returns === b.returns &&
    a.arguments === b.arguments &&
    a.language === b.language &&
    isSameText(a.body, b.body) &&
    String(doing(a.attributes)) === String(doing(b.attributes))
  );
}

/** What has no part in whether a query works, or what it does. */
const UNSEEN: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "index",
  "replica identity",
  "cluster",
  "statistics",
  "comment",
  "event trigger",
  "sequence owner",
  "extension",
  "schema",
  "role",
  "setting",
]);
