import type { Catalog, CatalogObject } from "../catalog.ts";
import { joinAlters } from "./join-alters.ts";
import { isLong } from "./long-statements.ts";
import { parentIdentity, rootOf } from "./names.ts";
import { formOf } from "./online-forms.ts";
import { type Form, type OnlineStep, together } from "./online-steps.ts";
import { Partitions } from "./partitions.ts";
import { reverse } from "./remake.ts";
import type { Statement } from "./statement.ts";

/**
 * Says a migration in words that keep tables in use readable and writable: indexes built and dropped concurrently, constraints added NOT VALID and
 * validated by themselves, NOT NULL by way of a CHECK, and what takes long in a transaction of its own. What goes and comes back stays in one transaction,
 * so that nobody misses it meanwhile.
 * @returns null where there is nothing to gain
 */
export function toOnline(
  statements: readonly Statement[],
  base: Catalog,
  head: Catalog,
): readonly OnlineStep[] | null {
  const partitions = new Partitions(statements, base, head);
  const forms = statements.map((statement, at) => formOf(statement, base, head, { partitions, at }));
  const { steps, isGain } = new Steps(statements, forms, base, head).write();
  return isGain || forms.some((form) => form !== null) ? steps : null;
}

class Steps {
  readonly #statements: readonly Statement[];
  readonly #forms: readonly (Form | null)[];
  readonly #base: Catalog;
  readonly #head: Catalog;
  /** What stands on each object in the end. */
  readonly #standing: ReadonlyMap<string, readonly string[]>;
  readonly #steps: OnlineStep[] = [];
  /** The transaction that is being filled, and what can follow it. */
  #open: Statement[] = [];
  #postponed: OnlineStep[] = [];
  /** Whether something is said in a better way than all of it in one transaction. */
  #isGain = false;

  constructor(
    statements: readonly Statement[],
    forms: readonly (Form | null)[],
    base: Catalog,
    head: Catalog,
  ) {
    this.#statements = statements;
    this.#forms = forms;
    this.#base = base;
    this.#head = head;
    this.#standing = reverse(head.needs);
  }

  write(): { readonly steps: OnlineStep[]; readonly isGain: boolean } {
    const ends = spans(this.#statements);
    let end = -1;
    let touched = new Set<string>();
    let waiting = new Set<string>();
    for (const [i, statement] of this.#statements.entries()) {
      const isEntered = i > end && ends.has(i);
      const isApart = i > end && this.#beginsLong(i) && this.#open.some((one) => this.#locks(one));
      this.#isGain ||= isApart;
      if (isEntered || isApart) this.#close();
      if (isEntered) {
        touched = new Set();
        waiting = new Set();
      }
      end = Math.max(end, ends.get(i) ?? -1);
      const form = this.#forms[i]!;
      const isInside = i <= end;
      if (isInside && this.#goesAhead(i, touched)) {
        this.#isGain = true;
        this.#ahead(form ?? { now: [statement], later: [] });
        continue;
      }
      if (isInside && this.#detachesAhead(i, touched)) {
        this.#isGain = true;
        continue;
      }
      if (isInside) for (const key of this.#whatWaits(i, end)) waiting.add(key);
      if (isInside && waiting.has(statement.object)) {
        const { now, later } = form ?? { now: [statement], later: [] };
        this.#postponed.push(...(now.length > 0 ? [together(now)] : []), ...later);
      } else if (isInside && form?.inside !== undefined) {
        this.#steps.push(...form.inside.before);
        this.#open.push(...form.inside.now);
      } else if (form === null || (isInside && form.isNeeded)) this.#open.push(statement);
      else {
        this.#open.push(...form.now);
        this.#postponed.push(...form.later);
      }
      if (isInside) for (const key of this.#whatIsTouched(statement)) touched.add(key);
      // A label of an enum can be used when it was committed.
      if (i >= end && (this.#postponed.length > 0 || isNewLabel(statement, this.#statements[i + 1])))
        this.#close();
    }
    this.#close();
    return { steps: this.#steps, isGain: this.#isGain };
  }

  /**
   * Detaches a partition ahead of what goes and comes back around it, where that has nothing to do with the partitioned table; with what is done to that
   * table before, which a partition that is detached would be left out of.
   * @returns whether it did
   */
  #detachesAhead(i: number, touched: ReadonlySet<string>): boolean {
    const statement = this.#statements[i]!;
    const form = this.#forms[i];
    if (!form?.isInPlace || form.inside !== undefined || !/ detach partition /.test(statement.sql))
      return false;
    const family = this.#familyOf(statement.object);
    const isOwn = (key: string): boolean => family.has(this.#rootKey(key));
    const own = this.#open.filter(({ object }) => isOwn(object));
    const objects = new Set([...own, statement].map(({ object }) => object));
    // What comes back stays in the transaction that it went in.
    if (this.#statements.slice(i + 1).some(({ object }) => objects.has(object))) return false;
    const others = new Set([...touched].filter((key) => !isOwn(key)));
    const standsOnOthers = [...objects].some((key) => !standsOnNone(key, others, this.#base, this.#head));
    const ofFamily = new Set([...this.#base.objects.keys()].filter(isOwn));
    if (standsOnOthers || [...others].some((key) => !standsOnNone(key, ofFamily, this.#base, this.#base)))
      return false;
    this.#open = this.#open.filter((one) => !own.includes(one));
    this.#ahead({ now: this.#join(own), later: [] });
    this.#ahead(form);
    return true;
  }

  /** The keys of a partition's table, of the table that it is a part of, of all other parts of that, and so on. */
  #familyOf(facet: string): ReadonlySet<string> {
    const edges = [...this.#base.objects.values()].flatMap((object) =>
      object.kind === "partition" ? [[object.parent!, `table:${object.properties.of}`] as const] : [],
    );
    const family = new Set([this.#rootKey(facet)]);
    for (const key of family)
      for (const [part, whole] of edges) {
        if (part === key) family.add(whole);
        if (whole === key) family.add(part);
      }
    return family;
  }

  #rootKey(key: string): string {
    const catalog = this.#base.objects.has(key) ? this.#base : this.#head;
    const object = catalog.objects.get(key);
    return object === undefined ? key : rootOf(catalog, object).key;
  }

  #ahead({ now, later }: Pick<Form, "now" | "later">): void {
    const last = this.#steps.at(-1);
    const joined = last?.inTransaction ? this.#join([...last.statements, ...now]) : [];
    // What goes over the same rows does so at once.
    if (now.length > 0 && joined.length === 1) this.#steps.splice(-1, 1, together(joined));
    else if (now.length > 0) this.#steps.push(together(now));
    this.#steps.push(...later);
  }

  #join(statements: readonly Statement[]): Statement[] {
    return joinAlters(statements, (one) => isLong(one, this.#base, this.#head));
  }

  #close(): void {
    const statements = this.#join(this.#open);
    this.#isGain ||= statements.length < this.#open.length;
    if (statements.length > 0) this.#steps.push(together(statements));
    this.#open = [];
    this.#steps.push(...this.#postponed);
    this.#postponed = [];
  }

  /** Tells whether what is done to an object from here on takes long; what was locked before had to wait for it. */
  #beginsLong(from: number): boolean {
    const { object } = this.#statements[from]!;
    if (this.#statements[from - 1]?.object === object) return false;
    for (let i = from; this.#statements[i]?.object === object; i++)
      if (isLong(this.#statements[i]!, this.#base, this.#head) && this.#forms[i] === null) return true;
    return false;
  }

  /** An attribute is its type's, and a rule its domain's, for all that hold values of them; a table's part is no other's. */
  #whatIsTouched({ object: key }: Statement): string[] {
    const parent = (this.#head.objects.get(key) ?? this.#base.objects.get(key))?.parent ?? null;
    return parent !== null && /^(?:composite type|domain):/.test(parent) ? [key, parent] : [key];
  }

  /** Tells whether a statement is about something that is in use. */
  #locks({ object: key, sql }: Statement): boolean {
    const object = this.#head.objects.get(key) ?? this.#base.objects.get(key);
    if (object === undefined) return true;
    const { key: root } = rootOf(this.#head.objects.has(key) ? this.#head : this.#base, object);
    return this.#base.objects.has(root) || / references /i.test(sql);
  }

  /** Tells whether a statement has nothing to do with what goes and comes back around it, and is better done ahead of that. */
  #goesAhead(i: number, touched: ReadonlySet<string>): boolean {
    const statement = this.#statements[i]!;
    const form = this.#forms[i]!;
    const isAlone = [i - 1, i + 1].every((other) => this.#statements[other]?.object !== statement.object);
    const isBetter =
      form === null
        ? isAlone && isLong(statement, this.#base, this.#head) && !this.#isOfFamily(statement)
        : form.isNeeded && !form.isInPlace;
    if (!isBetter || !standsOnNone(statement.object, touched, this.#base, this.#head)) return false;
    // What stands on a column was taken away before its type changes, and what refers to a table before that is no longer logged.
    return form !== null || ![...touched].some((key) => this.#stoodOn(key, statement.object));
  }

  /** Tells whether something needed an object before, or a part of it. */
  #stoodOn(key: string, object: string): boolean {
    const { needs, objects } = this.#base;
    return [...(needs.get(key) ?? [])].some(
      (needed) =>
        needed === object || (objects.get(needed)?.parent === object && objects.get(key)?.parent !== object),
    );
  }

  /** Tells whether it is about a table that has parents or children, or is to have: what is done to one is done to others. */
  #isOfFamily({ object: key }: Statement): boolean {
    const table = (this.#head.objects.get(key) ?? this.#base.objects.get(key))?.parent ?? key;
    return [this.#base, this.#head].some(({ objects, needs }) =>
      [...objects.values()].some(
        ({ kind, key: facet, parent }) =>
          (kind === "partition" || kind === "inheritance") &&
          (facet === key || parent === table || needs.get(facet)!.has(table)),
      ),
    );
  }

  /**
   * Gives what can follow the transaction that a statement stands in: an index or a key that is new, which nobody misses, with all that stands on it; an
   * index that goes, and nothing else has to do with.
   */
  #whatWaits(i: number, end: number): Iterable<string> {
    const { object: key } = this.#statements[i]!;
    if (!this.#forms[i]?.isNeeded || this.#forms[i].isInPlace) return [];
    const rest = this.#statements.slice(i + 1, end + 1);
    const going = this.#head.objects.has(key) ? undefined : this.#base.objects.get(key);
    if (going !== undefined)
      return going.kind === "index" && !rest.some(({ sql }) => sql.includes(parentIdentity(going)))
        ? [key]
        : [];
    if (this.#base.objects.has(key)) return [];
    const said = new Set(rest.map(({ object }) => object));
    const found = new Set([key]);
    for (const each of found)
      for (const object of this.#standing.get(each) ?? []) {
        // What is there already, or is said along with a new table, cannot wait.
        if (!said.has(object) || this.#base.objects.has(object) || !isFacet(this.#head.objects.get(object)))
          return [];
        found.add(object);
      }
    return found;
  }
}

/** Tells whether a table can be without it for a moment. */
const isFacet = (object: CatalogObject | undefined): boolean =>
  ["constraint", "comment", "replica identity", "cluster"].includes(object?.kind ?? "");

/** Tells whether an object, all that it needs, and the default that is said along with it, is left alone by what was said of the others. */
function standsOnNone(key: string, others: ReadonlySet<string>, base: Catalog, head: Catalog): boolean {
  const seen = new Set<string>();
  const visit = (each: string): boolean => {
    if (seen.has(each)) return true;
    seen.add(each);
    if (others.has(each)) return false;
    return [base, head].every(({ needs }) => [...(needs.get(each) ?? [])].every(visit));
  };
  const column = head.objects.get(key);
  return visit(key) && (column?.kind !== "column" || visit(`default:${key}`));
}

const ADDS_LABEL = /^alter type .* add value /;
function isNewLabel({ sql }: Statement, next: Statement | undefined): boolean {
  return ADDS_LABEL.test(sql) && next !== undefined && !ADDS_LABEL.test(next.sql);
}

const GOES =
  /^drop |^alter \S+ .* (?:drop|detach partition|no inherit) |^alter (?:type|domain|collation) .* rename to /;

/** From where something is dropped to where it is made again, by the first statement's place. */
function spans(statements: readonly Statement[]): Map<number, number> {
  const ends = new Map<number, number>();
  const first = new Map<string, number>();
  for (const [i, { object, sql }] of statements.entries()) {
    if (object.startsWith("index:")) continue;
    const began = first.get(object);
    if (began !== undefined) ends.set(began, i);
    else if (GOES.test(sql)) first.set(object, i);
  }
  return ends;
}
