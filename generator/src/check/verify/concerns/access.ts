import { once } from "../../../model/once.ts";
import type { Query, TablePrivilege } from "../../../model/query.ts";
import { isNamed, partsOf, quoteIdentifier } from "../../../sql/quoting.ts";
import { neededBy } from "../../live/needed.ts";
import type { Catalog, CatalogObject, ObjectOf, Routine } from "../../schema/catalog.ts";
import { childrenOf } from "../../schema/catalog-index.ts";
import { type BodyWrites, isOpen, writesOf } from "./body-writes.ts";
import { statementsIn } from "./statement-words.ts";

/** TRUNCATE deletes, too, and sets off triggers of its own. */
export type AccessKind = "select" | "insert" | "update" | "delete" | "truncate";

/** What a query touches of a schema, its own words and what they set off. */
export interface Access {
  /** What is done to each table, by its key: named by the query, behind a view, in a function's body, or by a foreign key's action. */
  readonly tables: ReadonlyMap<string, ReadonlySet<AccessKind>>;
  /** The keys of all that takes part: what it names, what that needs, and what runs by the way. */
  readonly keys: ReadonlySet<string>;
  /** The columns that it writes, as `table key.column`. */
  readonly written: ReadonlySet<string>;
  /** Of the tables, by key, those that are named somewhere, and not merely a part of one that is: a partition, or what inherits from it. */
  readonly named: ReadonlySet<string>;
  /** What is done to tables, by key, beside what the query itself names: behind a view, in a body, or in a part of what it names. */
  readonly setOff: ReadonlyMap<string, ReadonlySet<AccessKind>>;
}

const ALL: readonly AccessKind[] = ["select", "insert", "update", "delete"];
const RELATIONS = new Set<string>(["table", "view", "materialized view"]);
const ROUTINES = new Set<string>(["function", "procedure", "aggregate"]);

/** Follows a query through the schema: views to their tables, foreign keys to the rows that they change, triggers and functions to their bodies. */
export function accessOf(query: Query, catalog: Catalog): Access {
  const known = once(ACCESSES, catalog, () => new WeakMap<Query, Access>());
  return once(known, query, () => {
    const tracer = new Tracer(catalog, { followsForeignKeys: true });
    tracer.follow(query);
    const { tables, keys, written, named, setOff } = tracer;
    return { tables, keys, written, named, setOff };
  });
}

/** Of queries by catalog, for as long as both are held. */
const ACCESSES = new WeakMap<Catalog, WeakMap<Query, Access>>();

/** Gives the keys of relations, `schema.name`, and of all that reading them reads. */
export function readBy(relations: readonly string[], catalog: Catalog): ReadonlySet<string> {
  const tracer = new Tracer(catalog, { followsForeignKeys: true });
  for (const name of relations) {
    const relation = indexOf(catalog).relations.get(name);
    if (relation !== undefined) tracer.touch(relation, "select");
  }
  return new Set(tracer.tables.keys());
}

/**
 * Gives what is done to tables, by key, where that is done to relations: what is behind views, and what triggers, rules and foreign keys do; and the keys of all that takes part.
 * @param done by the key of a relation
 */
export function setOffBy(
  done: ReadonlyMap<string, ReadonlySet<AccessKind>>,
  catalog: Catalog,
): Pick<Access, "tables" | "keys"> {
  const tracer = new Tracer(catalog, { followsForeignKeys: true });
  for (const [key, kinds] of done) {
    const relation = catalog.objects.get(key);
    if (relation !== undefined) for (const kind of kinds) tracer.touch(relation, kind);
  }
  return { tables: tracer.tables, keys: tracer.keys };
}

/** Gives the keys of a table, of its partitions and of what inherits from it. */
export function partsOfWhole(key: string, catalog: Catalog): ReadonlySet<string> {
  const { children } = indexOf(catalog);
  const all = new Set([key]);
  // A set that grows is walked to its new end.
  for (const one of all) for (const { child } of children.get(one) ?? []) all.add(child.key);
  return all;
}

/** Whatever may have a part in what a query does: rather too much than too little. */
export interface Reach extends Access {
  /** Tells whether a word is in its text, or in the texts of all that takes part: what has such a name may be meant. */
  says(word: string): boolean;
  /** The tables that foreign keys of the others refer to, `schema.name`: a row has to be there, and nothing else of them matters. */
  readonly parents: ReadonlySet<string>;
}

/** Follows a query as `accessOf` does, and to all parts of the tables that it touches. */
export function reachOf(query: Query, catalog: Catalog): Reach {
  const known = once(REACHES, catalog, () => new WeakMap<Query, Reach>());
  return once(known, query, () => traceReach(query, catalog));
}

/** Gives the same, as it was followed through one of two schemas before, or else through the first. */
export const reachOnEither = (query: Query, catalogs: readonly [Catalog, Catalog]): Reach =>
  REACHES.get(catalogs[0])?.get(query) ?? REACHES.get(catalogs[1])?.get(query) ?? reachOf(query, catalogs[0]);

/** Of queries by catalog, for as long as both are held. */
const REACHES = new WeakMap<Catalog, WeakMap<Query, Reach>>();

function traceReach(query: Query, catalog: Catalog): Reach {
  const tracer = new Tracer(catalog, { followsForeignKeys: false });
  tracer.follow(query);
  tracer.readParts();
  return reachedBy(tracer, [query.sql.text, ...query.sql.variants.map(({ text }) => text)], catalog);
}

/**
 * Follows statements of a migration by the names in them: whatever has such a name may be written to, and shows in what it is a part of. What
 * they set off is followed as it is of a query.
 */
export function reachOfTexts(texts: readonly string[], catalog: Catalog): Reach {
  const tracer = new Tracer(catalog, { followsForeignKeys: false });
  for (const text of texts) tracer.followNames(text);
  tracer.readParts();
  tracer.readWholes();
  return reachedBy(tracer, texts, catalog);
}

function reachedBy(
  { tables, keys, written, named, setOff }: Tracer,
  texts: readonly string[],
  catalog: Catalog,
): Reach {
  const parents = new Set<string>();
  // Few ask, and for few words: they are not put together.
  const words = texts.map(wordsOf);
  for (const key of keys) {
    const object = catalog.objects.get(key);
    const parent = object === undefined ? null : parentOf(object);
    if (parent !== null) parents.add(parent);
    else if (object !== undefined) words.push(wordsIn(object));
  }
  const says = (word: string): boolean => words.some((some) => some.has(word));
  return { tables, keys, written, named, setOff, says, parents };
}

/** Of objects, for as long as their catalog is held. */
const WORDS = new WeakMap<CatalogObject, ReadonlySet<string>>();

function wordsIn(object: CatalogObject): ReadonlySet<string> {
  return once(WORDS, object, () => wordsOf(JSON.stringify(object.properties).replaceAll("\\n", " ")));
}

/** Gives what a right is needed for: a lock and a refresh read. */
function accessKinds(right: TablePrivilege["kind"]): readonly AccessKind[] {
  if (right === "insert" || right === "update" || right === "delete") return [right];
  return right === "truncate" ? ["delete", "truncate"] : ["select"];
}

class Tracer {
  readonly tables = new Map<string, Set<AccessKind>>();
  readonly keys = new Set<string>();
  readonly written = new Set<string>();
  readonly named = new Set<string>();
  readonly setOff = new Map<string, Set<AccessKind>>();
  /** The tables that the query itself names, by key. */
  readonly #own = new Set<string>();
  readonly #catalog: Catalog;
  readonly #index: Index;
  readonly #followsForeignKeys: boolean;

  constructor(catalog: Catalog, options: { readonly followsForeignKeys: boolean }) {
    this.#followsForeignKeys = options.followsForeignKeys;
    this.#catalog = catalog;
    this.#index = indexOf(catalog);
  }

  follow(query: Query): void {
    for (const key of neededBy([query], this.#catalog)) this.reach(key);
    this.#readCalls(query.sql.text);
    const own = query.privileges.flatMap((privilege) => {
      if (!("table" in privilege)) return [];
      const relation = this.#index.relations.get(`${privilege.schema}.${privilege.table}`);
      return relation === undefined ? [] : [{ privilege, relation }];
    });
    for (const { privilege, relation } of own) {
      this.#own.add(relation.key);
      if (privilege.kind === "insert" || privilege.kind === "update")
        for (const column of privilege.columns) this.written.add(`${relation.key}.${column}`);
    }
    for (const { privilege, relation } of own)
      for (const kind of accessKinds(privilege.kind)) this.touch(relation, kind, "by the query itself");
  }

  /** Follows each name in a text to the relation, of which all is done, or the routine that has it. */
  followNames(text: string): void {
    const words = wordsOf(text);
    const lower = text.toLowerCase();
    for (const [name, objects] of this.#index.named) {
      // What is no word stands in quotes.
      if (WORD.test(name) ? !words.has(name) : !lower.includes(quoteIdentifier(name).slice(1, -1))) continue;
      for (const object of objects)
        if (ROUTINES.has(object.kind)) this.reach(object.key);
        else for (const kind of ALL) this.touch(object, kind);
    }
  }

  /** Goes on to the tables of which others are a part, with all of theirs. */
  readWholes(): void {
    const read = new Set<string>();
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (const [whole, parts] of this.#index.children) {
        if (read.has(whole) || !parts.some(({ child }) => this.tables.has(child.key))) continue;
        read.add(whole);
        isMore = true;
        for (const kind of ALL) this.touch(this.#catalog.objects.get(whole)!, kind);
      }
      this.readParts();
    }
  }

  /** Reaches the columns, defaults, rules, constraints and partitions of all tables that are touched, and what those reach. */
  readParts(): void {
    const read = new Set<string>();
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (const key of [...this.tables.keys()]) {
        if (read.has(key)) continue;
        read.add(key);
        isMore = true;
        for (const { child } of this.#index.children.get(key) ?? [])
          for (const kind of this.tables.get(key) ?? []) this.#touchNamed(child, kind);
        // A trigger takes part where what sets it off is done, which was followed.
        for (const part of this.#index.parts.get(key) ?? [])
          if (part.kind !== "trigger") this.reach(part.key);
      }
    }
  }

  /** Takes part itself, with what it needs. */
  reach(key: string): void {
    if (this.keys.has(key)) return;
    this.keys.add(key);
    const object = this.#catalog.objects.get(key);
    if (!this.#followsForeignKeys && object !== undefined && parentOf(object) !== null) return;
    for (const other of this.#catalog.needs.get(key) ?? []) this.reach(other);
    // What is asked of a domain's values belongs to it, where rather too much counts.
    if (object?.kind === "domain" && !this.#followsForeignKeys)
      for (const rule of childrenOf("domain constraint", key, this.#catalog)) this.reach(rule.key);
    if (object?.kind === "function" || object?.kind === "procedure") this.#readBody(object);
  }

  touch(object: CatalogObject, kind: AccessKind, how: "by the query itself" | "set off" = "set off"): void {
    this.named.add(object.key);
    this.#touchNamed(object, kind, how);
  }

  #touchNamed(
    object: CatalogObject,
    kind: AccessKind,
    how: "by the query itself" | "set off" = "set off",
  ): void {
    if (how === "set off") once(this.setOff, object.key, () => new Set<AccessKind>()).add(kind);
    const kinds = this.tables.get(object.key) ?? new Set();
    if (kinds.has(kind)) return;
    this.tables.set(object.key, kinds.add(kind));
    this.reach(object.key);
    // A row of a part is one of the whole; one that is stored goes to a partition, and to nothing that inherits.
    const isMoving = kind === "update" && this.#mayMove(object, how);
    for (const { child, isPartition } of this.#index.children.get(object.key) ?? []) {
      if (isPartition || kind !== "insert") this.#touchNamed(child, kind);
      if (isPartition && isMoving)
        for (const one of ["insert", "delete"] as const) this.#touchNamed(child, one);
    }
    const run = (this.#index.parts.get(object.key) ?? []).filter((part) => runs(part, kind));
    if (object.kind !== "table") this.#touchBehind(object, kind, run.some(isInstead));
    for (const part of run) {
      this.reach(part.key);
      if (part.kind === "rule") this.#readRule(part);
      // What a policy asks for is read by who is held against it.
      if (part.kind === "policy" && this.named.has(object.key)) this.#readNeeded(part);
    }
    if (kind !== "delete" && kind !== "update") return;
    for (const { child, definition } of this.#index.references.get(object.key) ?? []) {
      const action = actionOf(definition, kind);
      const done = action === "cascade" ? kind : action === null ? null : "update";
      // Which columns a foreign key writes is known: of those that the query names itself, that tells.
      if (done !== null)
        this.touch(child, done, this.#own.has(child.key) ? "by the query itself" : "set off");
    }
  }

  /** Tells whether an UPDATE may take a row from one partition, and store it in another: where it writes what decides, if that is known. */
  #mayMove({ key, kind, properties }: CatalogObject, how: "by the query itself" | "set off"): boolean {
    if (kind !== "table" || properties.partitionKey === null) return false;
    const words = wordsOf(properties.partitionKey);
    const written = [...this.written].filter((column) => column.startsWith(`${key}.`));
    return (
      how === "set off" || written.some((column) => words.has(column.slice(key.length + 1).toLowerCase()))
    );
  }

  /**
   * Whatever is done to a view is done to what is behind it: read are all that its query names, written is the one that its rows come from.
   * @param isInstead whether something else is done in place of it
   */
  #touchBehind(view: CatalogObject, kind: AccessKind, isInstead: boolean): void {
    const target = kind === "select" ? null : writtenThrough(view);
    for (const key of this.#catalog.needs.get(view.key) ?? []) {
      const needed = this.#catalog.objects.get(key);
      const inner =
        needed === undefined || RELATIONS.has(needed.kind) ? needed : tableOf(needed, this.#catalog);
      if (inner === undefined || inner === null || inner.key === view.key) continue;
      const isWritten = !isInstead && (target === null || isNamed(inner.identity, target));
      this.touch(inner, isWritten ? kind : "select");
    }
  }

  #readNeeded({ key, parent }: CatalogObject): void {
    for (const other of this.#catalog.needs.get(key) ?? []) {
      const needed = this.#catalog.objects.get(other);
      const relation =
        needed === undefined || RELATIONS.has(needed.kind) ? needed : tableOf(needed, this.#catalog);
      if (relation && relation.key !== parent) this.touch(relation, "select");
    }
  }

  /** PostgreSQL notes of a rule what it relies on, and not what it does with it. */
  #readRule(rule: ObjectOf<"rule">): void {
    this.#readText(rule, () => ({ language: "sql", body: ruleBody(rule), attributes: ["volatile"] }));
  }

  /** Functions that everybody may call are not among the rights of a query. */
  #readCalls(sql: string): void {
    for (const word of wordsOf(sql))
      for (const object of this.#index.named.get(word) ?? [])
        if (ROUTINES.has(object.kind)) this.reach(object.key);
    for (const { symbol, object } of this.#index.operators) if (sql.includes(symbol)) this.reach(object.key);
  }

  /** PostgreSQL does not note what a body in a text relies on; what is named in it counts. */
  #readBody(routine: Routine): void {
    this.#readText(routine, () => routine.properties);
  }

  #readText(of: CatalogObject, written: () => Parameters<typeof writesOf>[0]): void {
    const { words, writes, reads } = once(BODIES, of, () => readBody(written()));
    for (const word of words)
      for (const object of this.#index.named.get(word) ?? []) {
        if (ROUTINES.has(object.kind)) this.reach(object.key);
        else
          for (const kind of [...(reads(word) ? (["select"] as const) : []), ...writes(word)])
            this.touch(object, kind);
      }
  }
}

/** What a body names, and does to what has such a name. */
interface BodyText {
  readonly words: ReadonlySet<string>;
  readonly writes: BodyWrites;
  /** Tells whether it is named other than to insert rows into it. */
  reads(name: string): boolean;
}

/** Of routines and rules, for as long as their catalog is held. */
const BODIES = new WeakMap<CatalogObject, BodyText>();

function readBody(routine: Parameters<typeof writesOf>[0]): BodyText {
  const writes = writesOf(routine);
  const statements = isOpen(routine) ? null : statementsIn(routine.body);
  return {
    words: wordsOf(routine.body),
    writes,
    reads: (name) =>
      statements === null ||
      !writes(name).includes("insert") ||
      statements.some((statement) => statement.reads(name)),
  };
}

const WORD = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

export const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []);

/** Tells whether a part of a table runs, or is looked at, when that is done to the table. */
function runs(part: CatalogObject, kind: AccessKind): boolean {
  if (part.kind === "trigger") return kind !== "select" && eventsOf(part.properties.definition).has(kind);
  if (part.kind === "default") return kind === "insert";
  const stores = kind === "insert" || kind === "update";
  if (part.kind === "constraint" || part.kind === "index") return stores;
  if (part.kind === "column") return stores && part.properties.generated !== null;
  if (part.kind === "rule") return ruleEvent(part.properties.definition) === kind;
  return part.kind === "policy";
}

/** Tells whether a trigger or a rule stands for what is done, which then is not done itself. */
const isInstead = (part: CatalogObject): boolean =>
  (part.kind === "trigger" && / INSTEAD OF /.test(part.properties.definition)) ||
  (part.kind === "rule" && /\sDO INSTEAD\s/.test(part.properties.definition));

/** The path of the relation that rows of a view which PostgreSQL writes to come from: the one in its FROM; null where that is not read. */
function writtenThrough(view: CatalogObject): string[] | null {
  if (view.kind !== "view") return null;
  const [, written] =
    /\n {3}FROM (?:ONLY )?((?:"(?:[^"]|"")+"|[^\s"(),;])+)/.exec(view.properties.definition) ?? [];
  return written === undefined ? null : partsOf(written);
}

/** The text of what a function or a rule does; null for anything else. */
export function bodyOf(object: CatalogObject | undefined): string | null {
  if (object?.kind === "function" || object?.kind === "procedure") return object.properties.body;
  return object?.kind === "rule" ? ruleBody(object) : null;
}

/** The events of `CREATE TRIGGER … BEFORE INSERT OR UPDATE OF a ON …`. */
export function eventsOf(definition: string): ReadonlySet<string> {
  const events =
    /\b(?:BEFORE|AFTER|INSTEAD OF)\s+(.*?)\s+ON\s/s.exec(definition)?.[1] ?? "INSERT OR UPDATE OR DELETE";
  return new Set(events.split(/\s+OR\s+/).map((event) => event.split(/\s/)[0]!.toLowerCase()));
}

/** The commands of a rule. */
export const ruleBody = ({ properties }: ObjectOf<"rule">): string =>
  properties.definition.replace(/^.*?\sDO\s/s, "");

/** The event of `CREATE RULE name AS ON INSERT TO …`. */
export function ruleEvent(definition: string): AccessKind {
  const event = /\sAS\s+ON (SELECT|INSERT|UPDATE|DELETE) TO\s/.exec(definition)?.[1] ?? "SELECT";
  return event.toLowerCase() as AccessKind;
}

/** Gives what a foreign key does to its rows when the row that they refer to is deleted or gets another key; null where it refuses. */
export function actionOf(definition: string, kind: "delete" | "update"): "cascade" | "set" | null {
  const action = new RegExp(`ON ${kind.toUpperCase()} (CASCADE|SET NULL|SET DEFAULT)`).exec(definition)?.[1];
  return action === undefined ? null : action === "CASCADE" ? "cascade" : "set";
}

interface Index {
  readonly relations: ReadonlyMap<string, CatalogObject>;
  /** By the key of the table. */
  readonly parts: ReadonlyMap<string, readonly CatalogObject[]>;
  /** The foreign keys that refer to a table, by its key. */
  readonly references: ReadonlyMap<
    string,
    readonly { readonly child: CatalogObject; readonly definition: string }[]
  >;
  /** The partitions of a table and those that inherit from it, by its key. */
  readonly children: ReadonlyMap<
    string,
    readonly { readonly child: CatalogObject; readonly isPartition: boolean }[]
  >;
  readonly operators: readonly { readonly symbol: string; readonly object: CatalogObject }[];
  /** Relations and routines by their last name, lower case. */
  readonly named: ReadonlyMap<string, readonly CatalogObject[]>;
}

const INDEXES = new WeakMap<Catalog, Index>();

function indexOf(catalog: Catalog): Index {
  const known = INDEXES.get(catalog);
  if (known !== undefined) return known;
  const relations = new Map<string, CatalogObject>();
  const parts = new Map<string, CatalogObject[]>();
  const references = new Map<string, { child: CatalogObject; definition: string }[]>();
  const named = new Map<string, CatalogObject[]>();
  const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
    const values = map.get(key);
    if (values === undefined) map.set(key, [value]);
    else values.push(value);
  };
  for (const object of catalog.objects.values()) {
    const path = partsOf(object.identity);
    if (RELATIONS.has(object.kind)) relations.set(path.join("."), object);
    if (RELATIONS.has(object.kind) || ROUTINES.has(object.kind))
      add(named, (path.at(-1) ?? "").toLowerCase(), object);
    const table = tableOf(object, catalog);
    if (table !== null) add(parts, table.key, object);
  }
  const children = new Map<string, { child: CatalogObject; isPartition: boolean }[]>();
  for (const object of catalog.objects.values()) {
    if (object.parent === null) continue;
    const child = catalog.objects.get(object.parent);
    if (object.kind === "partition" || object.kind === "inheritance") {
      const whole = relations.get(partsOf(object.properties.of).join("."));
      if (child !== undefined && whole !== undefined)
        add(children, whole.key, { child, isPartition: object.kind === "partition" });
    }
    if (object.kind !== "constraint") continue;
    const parent = referenced(object.properties.definition);
    const target = parent === null ? undefined : relations.get(parent);
    if (child !== undefined && target !== undefined)
      add(references, target.key, { child, definition: object.properties.definition });
  }
  const operators = [...catalog.objects.values()].flatMap((object) => {
    const isOperator = object.kind === "other" && object.properties.type === "operator";
    // `public.===(public.money,public.money)`
    const symbol = isOperator ? /([^\s\w."(]+)\(/.exec(object.identity)?.[1] : undefined;
    return symbol === undefined ? [] : [{ symbol, object }];
  });
  const index = { relations, parts, references, children, named, operators };
  INDEXES.set(catalog, index);
  return index;
}

/** The table or view that something is a part of, be it of one of its columns; null for what is a whole. */
export function tableOf(object: CatalogObject, catalog: Catalog): CatalogObject | null {
  if (object.parent === null) return null;
  const parent = catalog.objects.get(object.parent);
  if (parent === undefined) return null;
  return RELATIONS.has(parent.kind) ? parent : tableOf(parent, catalog);
}

/** The table that an object refers to, where it is a foreign key. */
const parentOf = (object: CatalogObject): string | null =>
  object.kind === "constraint" ? referenced(object.properties.definition) : null;

/** The table that a foreign key refers to, `schema.name`; null for other constraints. */
export function referenced(definition: string): string | null {
  const written = /^FOREIGN KEY .*? REFERENCES ((?:"(?:[^"]|"")*"|[^\s("])+)\s*\(/s.exec(definition)?.[1];
  if (written === undefined) return null;
  const path = partsOf(written);
  return path.length === 1 ? `public.${path[0]}` : path.join(".");
}
