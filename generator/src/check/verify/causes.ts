import { once } from "../../model/once.ts";
import type { Privilege, Query } from "../../model/query.ts";
import type { SchemaFile } from "../../model/source.ts";
import { partsOf, quoteLiteral } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectKind } from "../schema/catalog.ts";
import { listChanges, type SchemaChange } from "../schema/changes.ts";
import { listNotes } from "../schema/notes.ts";
import { type Rename, resolveRenames } from "../schema/renames.ts";
import { placedSentence } from "../schema/report/sentence.ts";
import { Origins } from "../schema/sources/origins.ts";
import { readRenames } from "../schema/sources/renames.ts";
import { identityOf, routineName } from "../schema/sql/names.ts";
import { accessOf } from "./concerns/access.ts";
import type { Cause, Difference, EnumLabels } from "./difference.ts";

interface KnownChange {
  readonly change: SchemaChange;
  readonly cause: Cause;
}

/** Finds for what queries meet the change that is the reason. */
export class Causes {
  readonly #changes: readonly KnownChange[];
  readonly #origins: Origins;
  readonly #renames: readonly Rename[];
  readonly #catalogs: readonly Catalog[];
  /** The keys of what takes part in a query, be it in the body of a function, on either side. */
  readonly #reached = new Map<Query, ReadonlySet<string>>();

  private constructor(
    changes: readonly KnownChange[],
    origins: Origins,
    renames: readonly Rename[],
    catalogs: readonly Catalog[],
  ) {
    this.#catalogs = catalogs;
    this.#changes = changes;
    this.#origins = origins;
    this.#renames = renames;
  }

  /**
   * @param files of the schema on either side, in the order of the catalogs
   * @param sameButNames the keys of what is no cause: it is defined otherwise merely because something else was renamed
   */
  static async between(
    [base, head]: readonly [Catalog, Catalog],
    files: readonly [readonly SchemaFile[], readonly SchemaFile[]],
    sameButNames: ReadonlySet<string>,
  ): Promise<Causes> {
    const origins = { base: await Origins.of("base", files[0]), head: await Origins.of("head", files[1]) };
    const renames = resolveRenames(await readRenames(files[1]), base, head);
    const likely = listNotes(base, head).flatMap(({ kind, object, to }) =>
      kind === "possible rename" && to !== undefined ? [{ from: identityOf(object), to }] : [],
    );
    return new Causes(
      withoutReplaced(listChanges(base, head, [], origins))
        .filter(({ change, after }) => change !== "changed" || !sameButNames.has(after!.key))
        .map((change) => ({
          change,
          cause: {
            told: replaced(change, base) ?? renamed(change, renames) ?? told(change, base, head, likely),
            span: change.near?.span ?? null,
          },
        })),
      origins.head,
      renames,
      [base, head],
    );
  }

  /** The one that made the object otherwise, else the one that the difference speaks of, or the only one of what the query reads and writes; null where it is not clear. */
  of({ code, message, about, object, labels, within = [], cause }: Difference, query: Query): Cause | null {
    if (cause) return cause;
    const body = this.#ofRoutines(within);
    if (body !== null) return body;
    const ofEnum = labels && this.#ofLabels(labels);
    if (ofEnum) return ofEnum;
    const exact = object === undefined ? null : this.#ofObject(object);
    if (exact) return exact;
    const unfilled = this.#ofUnfilled(message);
    if (unfilled !== null) return unfilled;
    const key = RESTS_ON_KEY.test(message) ? this.#ofKey(query) : null;
    if (key !== null) return key;
    const words = new Set([...wordsOf(message), ...(about === undefined ? [] : [about])]);
    // That a value is missing is said in PostgreSQL's words, too.
    const sort = /violates not-null constraint/.test(message) ? "verify-missing-value" : code;
    const reached = this.#reachedBy(query);
    const scored = this.#changes
      .map(({ change, cause }) => ({
        cause,
        score: scoreOf(change, { code: sort, words, about }, query, reached),
      }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const [best, next] = scored;
    if (best === undefined) return null;
    return next === undefined || next.score < best.score ? best.cause : null;
  }

  /**
   * Gives what else a query names that is not there, where one thing that is not there breaks it.
   * @param on the schema that it was tried on; on the other one it is at home
   */
  missingBeside(difference: Difference, query: Query, on: "base" | "head"): Difference[] {
    const first = this.of(difference, query);
    if (first === null || difference.code !== "verify-broken") return [];
    const [home, other] = on === "head" ? this.#catalogs : this.#catalogs.toReversed();
    const names = new NamedIn(query, home!);
    return this.#changes.flatMap(
      ({ change: { change, kind, identity, before, after }, cause }): Difference[] => {
        const object = on === "head" ? before : after;
        if (change !== (on === "head" ? "removed" : "added") || object === null) return [];
        if (isSameCause(cause, first) || !names.has(object) || isThereOtherwise(object, other!)) return [];
        const message = `${kind} ${identity} is not there either`;
        return [{ code: "verify-broken", effect: "breaks", message, object: object.key, cause }];
      },
    );
  }

  #reachedBy(query: Query): ReadonlySet<string> {
    return once(this.#reached, query, () => {
      const accesses = this.#catalogs.map((catalog) => accessOf(query, catalog));
      return new Set(accesses.flatMap(({ tables, keys }) => [...tables.keys(), ...keys]));
    });
  }

  /** The change of the function in whose body it was refused, or of the trigger that calls it. */
  #ofRoutines(within: readonly string[]): Cause | null {
    for (const name of within) {
      const isOfRoutine = ({ change: { kind, identity, after } }: KnownChange): boolean =>
        (kind === "function" || kind === "procedure") && after !== null && nameOf(identity) === name;
      const isOfCaller = ({ change: { after } }: KnownChange): boolean =>
        after?.kind === "trigger" &&
        nameOf(/EXECUTE (?:FUNCTION|PROCEDURE) (.*)$/s.exec(after.properties.definition)?.[1] ?? "") === name;
      // One that is new does nothing until something calls it.
      const found =
        this.#changes.find((one) => isOfRoutine(one) && one.change.change === "changed") ??
        this.#changes.find(isOfCaller) ??
        this.#changes.find(isOfRoutine);
      if (found !== undefined) return found.cause;
    }
    return null;
  }

  /** The change of an object, or of the new table that it came with. */
  #ofObject(key: string): Cause | null {
    const of = (one: string): Cause | undefined =>
      this.#changes.find(({ change }) => (change.after ?? change.before)?.key === one)?.cause;
    const parent = this.#catalogs.at(-1)!.objects.get(key)?.parent;
    const isNew = parent !== undefined && parent !== null && !this.#catalogs[0]!.objects.has(parent);
    return of(key) ?? (isNew ? of(parent) : undefined) ?? null;
  }

  /** The key of what the query uses that is gone or another one, where that is one alone. */
  #ofKey(query: Query): Cause | null {
    const reached = this.#reachedBy(query);
    const lost = this.#changes.flatMap(({ change: { change, subject, before }, cause }) =>
      change !== "added" &&
      before !== null &&
      isKey(before) &&
      reached.has(`${subject.kind}:${subject.identity}`)
        ? [cause]
        : [],
    );
    return lost.length === 1 ? lost[0]! : null;
  }

  /** A materialized view without rows, which no catalog tells from one with rows: what made it, or took them. */
  #ofUnfilled(message: string): Cause | null {
    const name = UNFILLED.exec(message)?.[1];
    if (name === undefined) return null;
    const views = [...this.#catalogs.at(-1)!.objects.values()].filter(
      ({ kind, identity }) => kind === "materialized view" && nameOf(identity) === name,
    );
    const [view] = views;
    if (view === undefined || views.length > 1) return null;
    const span = this.#origins.definition(view)?.span ?? null;
    return { told: `materialized view ${view.identity} has no rows until it is refreshed`, span };
  }

  /** The change of an enum, at the first of what made these labels other ones: where one was added, not at what merely renamed one beside it. */
  #ofLabels({ enums, labels }: EnumLabels): Cause | null {
    const known = this.#changes.find(
      ({ change: { after, before } }) =>
        after?.kind === "enum" && before !== null && enums.includes(after.key),
    );
    const type = known?.change.after;
    if (known === undefined || type?.kind !== "enum") return null;
    const isRenamed = (label: string): boolean =>
      this.#renames.some(
        ({ kind, from, to }) =>
          kind === "enum value" && [from, to].includes(`${type.identity}.${quoteLiteral(label)}`),
      );
    const plain = labels.filter((label) => !isRenamed(label));
    const made = (plain.length > 0 ? plain : labels).flatMap(
      (label) => this.#origins.label(type, label)?.span ?? [],
    );
    const [first] = made.sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start);
    return first === undefined ? known.cause : { ...known.cause, span: first };
  }
}

/** What PostgreSQL, and the analysis, say where nothing makes sure any more that rows differ: it names no key. */
const RESTS_ON_KEY =
  /matching the ON CONFLICT specification|must appear in the GROUP BY clause|^several rows may match|^a subquery that gives one value/;

const isKey = (object: CatalogObject): boolean =>
  object.kind === "constraint"
    ? /^(?:PRIMARY KEY|UNIQUE|EXCLUDE)\b/.test(object.properties.definition)
    : object.kind === "index" && /^CREATE UNIQUE /.test(object.properties.definition);

const UNFILLED = /materialized view "(.+?)" has not been populated/;

const RELATIONS: ReadonlySet<string> = new Set(["table", "view", "materialized view", "foreign table"]);

/** A relation's kind in PostgreSQL's words; null for anything else. */
function relationKind(object: CatalogObject | null | undefined): string | null {
  const kind = object?.kind === "other" ? object.properties.type : (object?.kind ?? "");
  return RELATIONS.has(kind) ? kind : null;
}

/** That a relation has the name of one of another kind is one change: what goes is left out. */
function withoutReplaced(changes: readonly SchemaChange[]): SchemaChange[] {
  const added = new Set(
    changes.flatMap(({ change, after }) =>
      change === "added" && relationKind(after) !== null ? [pathOf(after!)] : [],
    ),
  );
  return changes.filter(
    ({ change, before }) =>
      change !== "removed" || relationKind(before) === null || !added.has(pathOf(before!)),
  );
}

function replaced({ change, after }: SchemaChange, base: Catalog): string | null {
  const kind = change === "added" ? relationKind(after) : null;
  if (kind === null) return null;
  const before = [...base.objects.values()].find(
    (one) => relationKind(one) !== null && one.kind !== after!.kind && pathOf(one) === pathOf(after!),
  );
  return before === undefined ? null : `${pathOf(after!)} was a ${relationKind(before)} and is a ${kind}`;
}

/** Without the kind that stands in front of what is of no kind of its own. */
const pathOf = (object: CatalogObject): string =>
  object.kind === "other" ? object.identity.replace(/^foreign table /, "") : object.identity;

/** The last part of a name, without the arguments of a routine. */
const nameOf = (qualified: string): string => partsOf(qualified.replace(/\(.*$/s, "")).at(-1) ?? "";

type Names = Pick<Rename, "from" | "to">;

/** Of what is certain to have been renamed, both halves are one change. */
function renamed({ change, identity, kind }: SchemaChange, renames: readonly Rename[]): string | null {
  const end = change === "removed" ? "from" : "to";
  const rename = renames.find((one) => one.kind === kind && one[end] === identity);
  if (rename === undefined || (change !== "removed" && change !== "added")) return null;
  return `${kind} ${rename.from} is renamed to ${rename.to}`;
}

function told(change: SchemaChange, base: Catalog, head: Catalog, likely: readonly Names[]): string {
  const sentence = placedSentence(change, { base, head });
  const other =
    change.change === "removed"
      ? likely.find(({ from }) => from === change.identity)?.to
      : likely.find(({ to }) => to === change.identity)?.from;
  if (other !== undefined && change.change === "removed")
    return `${sentence} (removed; renamed to ${other}?)`;
  if (other !== undefined && change.change === "added") return `${sentence} (added; renamed from ${other}?)`;
  return change.change === "added" || change.change === "removed"
    ? `${sentence} (${change.change})`
    : sentence;
}

/**
 * Tells how much speaks for it: that it is of the sort that such a difference comes from, that it is what the difference is about, that its own name is mentioned, that of
 * what it is a part of, and that the query uses that.
 * @param reached the keys of what takes part without being named in the query
 */
function scoreOf(
  change: SchemaChange,
  {
    code,
    words,
    about,
  }: Pick<Difference, "code"> & {
    readonly words: ReadonlySet<string>;
    readonly about: string | undefined;
  },
  query: Query,
  reached: ReadonlySet<string>,
): number {
  const { identity, subject } = change;
  const own = nameOf(identity);
  const whole = nameOf(subject.identity);
  const isUsed = query.relations.includes(partsOf(subject.identity).join("."));
  const isCalled = new Set(wordsOf(query.sql.text)).has(whole);
  const isReached = reached.has(`${subject.kind}:${subject.identity}`);
  if (!isUsed && !isCalled && !isReached && !words.has(whole)) return 0;
  return (
    1 +
    (own === about ? 8 : 0) +
    (words.has(own) ? 4 : 0) +
    (words.has(whole) ? 2 : 0) +
    (isUsed ? 1 : 0) +
    (explains(change, code) ? 1 : 0)
  );
}

/** Tells whether it is of the sort that such a difference comes from, where one name stands for several: a column and its default. */
function explains({ kind, properties }: SchemaChange, code: Difference["code"]): boolean {
  const sort = SORTS[code];
  return sort?.kinds.includes(kind) === true || properties.some(({ name }) => name === sort?.property);
}

const SORTS: Partial<
  Record<Difference["code"], { readonly kinds: readonly SchemaChange["kind"][]; readonly property?: string }>
> = {
  "verify-privilege": { kinds: ["grant"] },
  "verify-missing-value": { kinds: ["default"], property: "notNull" },
  "verify-nullability": { kinds: [], property: "notNull" },
  "verify-result": { kinds: [], property: "type" },
  "verify-parameter": { kinds: [], property: "type" },
  "verify-enum": { kinds: [], property: "type" },
  "verify-constraint": { kinds: ["constraint", "domain constraint"] },
};

/** Both halves of what is renamed have one cause. */
const isSameCause = (a: Cause, b: Cause): boolean => a === b || a.told === b.told;

/** Tells whether a schema has a routine of the same name, which may take the call. */
function isThereOtherwise(object: CatalogObject, { objects }: Catalog): boolean {
  const name = routineName(object);
  return name !== null && [...objects.values()].some((one) => routineName(one) === name);
}

/** What a query names in its text, by its schema. */
class NamedIn {
  readonly #words: ReadonlySet<string>;
  readonly #rights: ReadonlySet<string>;
  readonly #called: ReadonlySet<string>;
  /** Types by the parts of what they are called, of which the last is the name. */
  readonly #types: readonly (readonly string[])[];
  readonly #keys: ReadonlySet<string>;

  constructor(query: Query, home: Catalog) {
    const { text } = query.sql;
    this.#words = new Set(wordsOf(text));
    this.#rights = new Set(query.privileges.flatMap(namesIn));
    this.#called = new Set(Array.from(text.matchAll(CALL), ([, name]) => name!));
    this.#types = Array.from(text.matchAll(CAST), ([, name]) => partsOf(name!));
    this.#keys = accessOf(query, home).keys;
  }

  has(object: CatalogObject): boolean {
    const { kind, identity, key } = object;
    const name = nameOf(identity);
    if (routineName(object) !== null) return this.#called.has(name) && this.#keys.has(key);
    if (TYPES.has(kind)) return this.#types.some((parts) => endsWith(partsOf(identity), parts));
    return NAMED.has(kind) && this.#words.has(name) && this.#rights.has(plain(identity));
  }
}

/** What statements name, and a right is about always; the right to call a function is told only where not all have it. */
const NAMED: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "table",
  "view",
  "materialized view",
  "column",
  "view column",
  "sequence",
]);
const TYPES: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "enum",
  "domain",
  "composite type",
  "range type",
]);

const endsWith = (all: readonly string[], last: readonly string[]): boolean =>
  last.length > 0 && last.every((part, i) => part === all[all.length - last.length + i]);

const NAME = String.raw`(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)`;
/** A type behind `::`, or in `cast (… as type)`. */
const CAST = new RegExp(
  String.raw`(?:::|\bcast\s*\((?:[^()]|\([^()]*\))*?\bas\b)\s*(${NAME}(?:\.${NAME})?)`,
  "giu",
);

/** A name with a bracket behind it. */
const CALL = /([\p{L}_][\p{L}\p{N}_$]*)"?\s*\(/gu;

/** The names of what a right is about, without quotes: a table and its columns, or a sequence. */
function namesIn(right: Privilege): string[] {
  if ("object" in right) return right.kind.endsWith(" on sequence") ? [plain(right.object)] : [];
  const table = `${right.schema}.${right.table}`;
  return [table, ...right.columns.map((column) => `${table}.${column}`)];
}

const plain = (identity: string): string => partsOf(identity).join(".");

const wordsOf = (text: string): string[] => text.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [];
