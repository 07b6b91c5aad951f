import type { Catalog, CatalogObject, ObjectKind } from "../catalog.ts";
import type { ChangedObject, Comparison } from "../compare.ts";
import { childrenOf, familyOf, hasSame, isKeptBelow, isReferredTo } from "./families.ts";
import type { Step } from "./graph.ts";
import { rootOf, typeOf } from "./names.ts";
import { madeWith } from "./nests.ts";
import { isPassive, type Remade } from "./remake.ts";
import { isNotValid } from "./writers/types.ts";

export interface Action extends Step {
  readonly verb: "drop" | "create" | "alter";
  readonly object: CatalogObject;
}

/** Where nothing else decides, in this order. */
const KINDS: readonly ObjectKind[] = [
  "role",
  "schema",
  "extension",
  "collation",
  "enum",
  "domain",
  "composite type",
  "range type",
  "sequence",
  "table",
  "function",
  "procedure",
  "aggregate",
  "view",
  "materialized view",
  "partition",
  "inheritance",
  "attribute",
  "column",
  "view column",
  "default",
  "domain constraint",
  "constraint",
  "index",
  "sequence owner",
  "replica identity",
  "cluster",
  "statistics",
  "rule",
  "trigger",
  "trigger state",
  "policy",
  "publication",
  "published schema",
  "published table",
  "comment",
  "grant",
  "event trigger",
  "setting",
  "other",
  "default privileges",
];

/** The steps from one catalog to another, and which of them makes, changes and takes away each object. */
export class Actions {
  readonly base: Catalog;
  readonly head: Catalog;
  readonly remade: Remade;
  readonly all = new Set<Action>();
  readonly #drops = new Map<string, Action>();
  readonly #creates = new Map<string, Action>();
  readonly #alters = new Map<string, Action[]>();

  constructor(base: Catalog, head: Catalog, { added, removed, changed }: Comparison, remade: Remade) {
    this.base = base;
    this.head = head;
    this.remade = remade;
    const again = [...remade.remade];
    // The attributes and rules of a type that is replaced come with the new one, and go with the old one.
    const isOwn = (object: CatalogObject): boolean =>
      !(remade.replaced.has(object.parent!) && (object.kind === "attribute" || isValidRule(object)));
    const isStaying = ({ kind, parent }: CatalogObject): boolean =>
      !(kind === "domain constraint" && remade.replaced.has(parent!));
    this.#planDrops(
      [...removed, ...again.map((key) => base.objects.get(key)!)].filter(isOwn).filter(isStaying),
    );
    this.#planCreates([...added, ...again.map((key) => head.objects.get(key)!)].filter(isOwn));
    this.#planAlters(
      changed.filter(({ to }) => isOwn(to) && isStaying(to) && !remade.replaced.has(to.key)),
      added,
      removed,
    );
    for (const nest of new Set(remade.replaced.values())) {
      const action = this.#add("alter", head.objects.get(nest.types[0]!)!, head);
      for (const key of [...nest.types, ...nest.columns]) this.#push(key, action);
      // So do rules what these stand on.
      for (const type of nest.types)
        for (const catalog of [base, head])
          for (const { key, kind } of madeWith(type, catalog))
            if (kind === "domain constraint") this.#push(key, action);
      for (const type of nest.types) this.#planAttributes(head.objects.get(type)!, action);
    }
  }

  /** The one step that replaces a type is that of its attributes too. */
  #planAttributes(type: CatalogObject, action: Action): void {
    if (type.kind !== "composite type") return;
    const isAttribute = ({ kind, parent }: CatalogObject): boolean =>
      kind === "attribute" && parent === type.key;
    const before = [...this.base.objects.values()].filter(isAttribute).map(({ key }) => key);
    const after = [...this.head.objects.values()].filter(isAttribute).map(({ key }) => key);
    for (const key of before) if (!after.includes(key)) this.#drops.set(key, action);
    for (const key of after) {
      if (before.includes(key)) this.#push(key, action);
      else this.#creates.set(key, action);
    }
  }

  /** The step after which the object is gone: its own, or that of what it is dropped with. */
  dropOf(key: string): Action | undefined {
    return this.#drops.get(key);
  }

  createOf(key: string): Action | undefined {
    return this.#creates.get(key);
  }

  altersOf(key: string): readonly Action[] {
    return this.#alters.get(key) ?? [];
  }

  /** Everything that is taken away and everything that is made, parts included. */
  get dropped(): Iterable<string> {
    return this.#drops.keys();
  }
  get created(): Iterable<string> {
    return this.#creates.keys();
  }
  get altered(): Iterable<string> {
    return this.#alters.keys();
  }

  /** From now on the object is made by another step than its own. */
  absorbInto(key: string, action: Action): void {
    const own = this.#creates.get(key);
    if (own !== undefined && own !== action) {
      this.all.delete(own);
      for (const step of this.all) step.before.delete(own);
      for (const next of own.before) if (next !== action) action.before.add(next);
    }
    this.#creates.set(key, action);
  }

  #add(verb: Action["verb"], object: CatalogObject, catalog: Catalog): Action {
    const action = { verb, object, rank: rankOf(verb, object, catalog), before: new Set<Step>() };
    this.all.add(action);
    return action;
  }

  #planDrops(objects: readonly CatalogObject[]): void {
    const gone = new Map(objects.map((object) => [object.key, object]));
    const plan = (object: CatalogObject): Action | undefined => {
      const known = this.#drops.get(object.key);
      if (known !== undefined) return known;
      const carrier = this.#carrierOf(object, gone);
      const action =
        carrier !== undefined
          ? plan(carrier)
          : isPassive(object)
            ? undefined
            : this.#add("drop", object, this.base);
      if (action !== undefined) this.#drops.set(object.key, action);
      return action;
    };
    for (const object of objects) plan(object);
  }

  /** Whose drop takes the object away too. */
  #carrierOf(object: CatalogObject, gone: ReadonlyMap<string, CatalogObject>): CatalogObject | undefined {
    const needed = [...this.base.needs.get(object.key)!];
    const isReference = object.kind === "constraint" && object.properties.type === "foreign key";
    const cutsAnother = needed.some((key) => {
      const table = this.base.objects.get(key)!.parent;
      return table !== null && table !== object.parent && table.startsWith("table:") && gone.has(table);
    });
    // A reference to another table that goes must be cut first: the two may refer to each other.
    if (isReference && cutsAnother) return undefined;
    if (this.#staysBelow(object, needed, gone) || this.#holdsWhatStandsOnIt(object, needed, gone))
      return undefined;
    const tie = object.kind === "partition" ? object : this.base.objects.get(`partition:${object.key}`);
    if (tie?.kind === "partition" && isReferredTo(tie, this.base)) {
      // Where the whole goes it takes the partitions along that go, too; else they leave it first.
      const whole = gone.has(tie.parent!) ? gone.get(`table:${tie.properties.of}`) : undefined;
      if (whole !== undefined || object === tie) return whole;
    }
    const parent = object.parent === null ? undefined : gone.get(object.parent);
    if (parent !== undefined) return parent;
    // A partition's own key on an index that it has from the whole: PostgreSQL drops neither before the other.
    if (object.kind === "constraint" && !isReference) {
      const above = needed.map((key) => gone.get(key)).find((one) => one?.kind === "index");
      if (above !== undefined && above.parent !== object.parent) return above;
    }
    if (object.inherited) {
      const giving = this.#givenBy(object, this.base, gone);
      return giving === undefined || isKeptBelow(giving, this.base, this.head) ? undefined : giving;
    }
    if (goesWithColumn(object)) {
      const column = needed
        .map((key) => gone.get(key))
        .find((o) => o?.kind === "column" && o.parent === object.parent);
      if (column !== undefined) return column;
    }
    if (object.kind === "sequence" && !this.head.objects.has(object.key)) {
      const owner = this.base.objects.get(`sequence owner:${object.key}`);
      const column =
        owner &&
        [...this.base.needs.get(owner.key)!].map((key) => gone.get(key)).find((o) => o?.kind === "column");
      if (column !== undefined) return column;
    }
    return undefined;
  }

  /** Tells whether a part of a table keeps something that goes, and that stands on the table: neither could go before the other. */
  #holdsWhatStandsOnIt(
    object: CatalogObject,
    needed: readonly string[],
    gone: ReadonlyMap<string, CatalogObject>,
  ): boolean {
    if (!GOES_ALONE.has(object.kind)) return false;
    const table = rootOf(this.base, object);
    return needed.some((key) => {
      const other = gone.get(key);
      return other !== undefined && rootOf(this.base, other) !== table && this.#standsOn(key, table);
    });
  }

  #standsOn(key: string, { key: table }: CatalogObject): boolean {
    const found = new Set([key]);
    for (const each of found) for (const needed of this.base.needs.get(each)!) found.add(needed);
    return found.has(table);
  }

  /**
   * Tells whether a table that goes gave an index or a constraint to others that leave it and stay, and so would leave it to them, though
   * none of them shall have it, or it stands on something that goes, too.
   */
  #staysBelow(
    object: CatalogObject,
    needed: readonly string[],
    gone: ReadonlyMap<string, CatalogObject>,
  ): boolean {
    if (object.kind !== "index" && object.kind !== "constraint") return false;
    if (!gone.has(object.parent!)) return false;
    const staying = childrenOf(object.parent!, this.base).filter((table) => this.head.objects.has(table));
    const isUnsupported = needed.some((key) => gone.has(key) && !/^(?:table|column):/.test(key));
    return (
      staying.length > 0 && (isUnsupported || !staying.some((table) => hasSame(table, object, this.head)))
    );
  }

  /** The column of the parent table, or the attribute of the table's type, that gives this one, as long as it does so all the while. */
  #givenBy(
    object: CatalogObject,
    catalog: Catalog,
    among: ReadonlyMap<string, CatalogObject>,
  ): CatalogObject | undefined {
    const type = typeOf(object.parent!, this.base);
    if (type !== null && type === typeOf(object.parent!, this.head))
      return among.get(`attribute:${type}.${object.name}`);
    for (const facet of familyOf(catalog, object.parent!)) {
      if (!this.base.objects.has(facet) || !this.head.objects.has(facet) || this.remade.remade.has(facet))
        continue;
      for (const table of catalog.needs.get(facet) ?? []) {
        if (table === object.parent || !table.startsWith("table:")) continue;
        const column = among.get(`column:${table.slice("table:".length)}.${object.name}`);
        if (column !== undefined) return column;
      }
    }
    return undefined;
  }

  #planCreates(objects: readonly CatalogObject[]): void {
    const made = new Map(objects.map((object) => [object.key, object]));
    const plan = (object: CatalogObject): Action | undefined => {
      const known = this.#creates.get(object.key);
      if (known !== undefined) return known;
      const parent = object.parent === null ? undefined : made.get(object.parent);
      const carrier =
        parent !== undefined && isWrittenWith(object, parent)
          ? parent
          : object.inherited && parent === undefined
            ? this.#givenBy(object, this.head, made)
            : undefined;
      const isNothing = carrier === undefined && isPassive(object);
      const action =
        carrier !== undefined
          ? plan(carrier)
          : isNothing
            ? undefined
            : this.#add("create", object, this.head);
      if (action !== undefined) this.#creates.set(object.key, action);
      return action;
    };
    for (const object of objects) plan(object);
  }

  #planAlters(
    changed: readonly ChangedObject[],
    added: readonly CatalogObject[],
    removed: readonly CatalogObject[],
  ): void {
    const touched = new Map([...added, ...removed, ...changed.map(({ to }) => to)].map((o) => [o.key, o]));
    const followers: [string, CatalogObject][] = [];
    for (const { to } of changed) {
      if (isPassive(to) || this.remade.remade.has(to.key)) continue;
      const leader = to.inherited ? this.#givenBy(to, this.head, touched) : undefined;
      if (leader !== undefined) {
        followers.push([to.key, leader]);
        continue;
      }
      const action = this.#add("alter", to, this.head);
      this.#push(to.key, action);
      // Who uses a composite type has to do with its attributes.
      if (to.kind === "attribute") this.#push(to.parent!, action);
    }
    // What changes for a parent's column changes for its children's in the same step.
    for (const [key, leader] of followers) {
      const leading = followers.find(([other]) => other === leader.key)?.[1] ?? leader;
      for (const action of this.altersOf(leading.key)) this.#push(key, action);
    }
  }

  #push(key: string, action: Action): void {
    const list = this.#alters.get(key);
    if (list) list.push(action);
    else this.#alters.set(key, [action]);
  }
}

/** Parts of a table that can be dropped by themselves, and use functions and other tables. */
const GOES_ALONE: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "default",
  "constraint",
  "index",
  "rule",
  "trigger",
  "policy",
]);

/** PostgreSQL drops these with a column that they are about; an exclusion's condition keeps the column. */
const goesWithColumn = (object: CatalogObject): boolean =>
  object.kind === "index" ||
  object.kind === "statistics" ||
  (object.kind === "constraint" && object.properties.type !== "exclusion");

const isValidRule = (object: CatalogObject): boolean =>
  object.kind === "domain constraint" && !isNotValid(object);

/** Parts that the statement of the whole always says; others may join it where the order allows. */
function isWrittenWith(object: CatalogObject, parent: CatalogObject): boolean {
  switch (object.kind) {
    case "column":
    case "view column":
    case "attribute":
    case "partition":
    case "inheritance":
      return true;
    case "domain constraint":
      return parent.kind === "domain" && !/ NOT VALID$/.test(object.properties.definition);
    default:
      return false;
  }
}

function rankOf(verb: Action["verb"], object: CatalogObject, catalog: Catalog): string {
  const root = rootOf(catalog, object);
  const number = (n: number): string => String(n).padStart(6, "0");
  const kind = (o: CatalogObject): string => number(KINDS.indexOf(o.kind));
  // A value must be there, and committed, before anything uses it.
  const phase = verb === "drop" ? 1 : verb === "alter" && object.kind === "enum" ? 0 : 2;
  return [
    phase,
    kind(root),
    root.identity,
    kind(object),
    number(object.position ?? 0),
    object.identity,
    object.key,
  ].join("\u0001");
}
