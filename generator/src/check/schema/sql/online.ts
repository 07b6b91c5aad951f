import { nameOf, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { parentIdentity } from "./names.ts";
import type { Statement } from "./statement.ts";

/** Statements that share a transaction, or one that PostgreSQL runs in none, or that had better hold no other's locks. */
export interface OnlineStep {
  readonly inTransaction: boolean;
  /** It waits for everybody who uses the table, however long that takes, and blocks nobody meanwhile. */
  readonly waits: boolean;
  readonly statements: readonly Statement[];
}

/** One statement in other words: what belongs where it stood, and what can follow by itself. */
interface Form {
  readonly now: readonly Statement[];
  readonly later: readonly OnlineStep[];
  /** Whether others may be made only when `later` is done. */
  readonly isNeeded: boolean;
}

/**
 * Says a migration in words that keep tables in use readable and writable: indexes built and dropped concurrently, constraints added NOT VALID and
 * validated by themselves, NOT NULL by way of a CHECK. What goes and comes back stays in one transaction, so that nobody misses it meanwhile.
 * @returns null where there is nothing to gain
 */
export function toOnline(
  statements: readonly Statement[],
  base: Catalog,
  head: Catalog,
): readonly OnlineStep[] | null {
  const forms = statements.map((statement) => formOf(statement, base, head));
  if (forms.every((form) => form === null)) return null;
  const steps: OnlineStep[] = [];
  let open: Statement[] = [];
  let postponed: OnlineStep[] = [];
  const close = (): void => {
    if (open.length > 0) steps.push({ inTransaction: true, waits: false, statements: open });
    open = [];
    steps.push(...postponed);
    postponed = [];
  };
  const ends = spans(statements);
  let end = -1;
  let touched = new Set<string>();
  for (const [i, statement] of statements.entries()) {
    if (i > end && ends.has(i)) {
      close();
      touched = new Set();
    }
    end = Math.max(end, ends.get(i) ?? -1);
    const form = forms[i]!;
    const isInside = i <= end;
    if (isInside && form?.isNeeded && standsOnNone(statement.object, touched, base, head)) {
      // It has nothing to do with what goes and comes back, and can be done before.
      if (form.now.length > 0) steps.push({ inTransaction: true, waits: false, statements: form.now });
      steps.push(...form.later);
      continue;
    }
    if (isInside) touched.add(statement.object);
    if (form === null || (isInside && form.isNeeded)) open.push(statement);
    else {
      open.push(...form.now);
      postponed.push(...form.later);
    }
    // A label of an enum can be used when it was committed.
    if (i >= end && (postponed.length > 0 || isNewLabel(statement, statements[i + 1]))) close();
  }
  close();
  return steps;
}

/** Tells whether an object, and all that it needs, is left alone by what was said of the others. */
function standsOnNone(key: string, others: ReadonlySet<string>, base: Catalog, head: Catalog): boolean {
  const seen = new Set<string>();
  const visit = (each: string): boolean => {
    if (seen.has(each)) return true;
    seen.add(each);
    if (others.has(each)) return false;
    return [base, head].every(({ needs }) => [...(needs.get(each) ?? [])].every(visit));
  };
  return visit(key);
}

const ADDS_LABEL = /^alter type .* add value /;
function isNewLabel({ sql }: Statement, next: Statement | undefined): boolean {
  return ADDS_LABEL.test(sql) && next !== undefined && !ADDS_LABEL.test(next.sql);
}

/** From where something is dropped to where it is made again, by the first statement's place. */
function spans(statements: readonly Statement[]): Map<number, number> {
  const ends = new Map<number, number>();
  const first = new Map<string, number>();
  for (const [i, { object, sql }] of statements.entries()) {
    if (isIndex(object)) continue;
    const began = first.get(object);
    if (began !== undefined) ends.set(began, i);
    else if (/^drop |^alter \S+ .* drop /.test(sql)) first.set(object, i);
  }
  return ends;
}

const isIndex = (key: string): boolean => key.startsWith("index:");

function formOf(statement: Statement, base: Catalog, head: Catalog): Form | null {
  const { object: key, sql } = statement;
  const object = head.objects.get(key) ?? base.objects.get(key);
  if (object === undefined || object.parent === null) return null;
  const relation = base.objects.get(object.parent);
  const still = head.objects.get(object.parent);
  // What is new has no rows and no users, and what goes has none for long.
  if (relation === undefined || still === undefined || relation.kind !== still.kind) return null;
  const isPartitioned = relation.kind === "table" && relation.properties.partitionKey !== null;
  if (object.kind === "index" && !isPartitioned)
    return indexForm(statement, isUsed(key, base, head), !base.objects.has(key));
  if (relation.kind !== "table") return null;
  if (object.kind === "constraint" && / add constraint /.test(sql))
    return constraintForm(object, statement, isPartitioned, isUsed(key, base, head));
  if (object.kind === "column" && / set not null$/.test(sql)) return notNullForm(object, statement);
  return null;
}

/** Tells whether anything stands on it, as a reference on a unique constraint. */
function isUsed(key: string, ...catalogs: readonly Catalog[]): boolean {
  return catalogs.some(({ needs, objects }) =>
    [...needs].some(([other, needed]) => needed.has(key) && objects.get(other)?.parent !== key),
  );
}

function indexForm(statement: Statement, isNeeded: boolean, isNew: boolean): Form | null {
  const create = /^CREATE (UNIQUE )?INDEX /i.exec(statement.sql);
  if (create !== null) {
    const sql = statement.sql.replace(create[0], `create ${create[1] ? "unique " : ""}index concurrently `);
    const note = create[1]
      ? NOT_UNIQUE
      : "leaves an invalid index where it fails: drop that, and run it again";
    return { now: [], later: [alone({ ...statement, sql, note }, true)], isNeeded };
  }
  if (!/^drop index /.test(statement.sql)) return null;
  const sql = statement.sql.replace("drop index", "drop index concurrently");
  const again = isNew ? null : statement.note;
  return { now: [], later: [alone({ ...statement, sql, note: again }, true)], isNeeded: true };
}

const NOT_UNIQUE =
  "fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again";

const alone = (statement: Statement, waits = false): OnlineStep => ({
  inTransaction: false,
  waits,
  statements: [statement],
});

function constraintForm(
  object: ObjectOf<"constraint">,
  statement: Statement,
  isPartitioned: boolean,
  isNeeded: boolean,
): Form | null {
  const { type, definition } = object.properties;
  const table = parentIdentity(object);
  if (/ NOT VALID$/.test(definition)) return null;
  if (type === "check" || (type === "foreign key" && !isPartitioned)) {
    const note = type === "check" ? "fails where a row does not fit it" : "fails where a row has no partner";
    const validate = `alter table ${table} validate constraint ${object.name}`;
    return {
      now: [{ ...statement, sql: `${statement.sql} not valid` }],
      later: [alone({ ...statement, sql: validate, note })],
      isNeeded: false,
    };
  }
  const parts = KEY.exec(definition);
  if (parts === null || isPartitioned) return null;
  const [, kind = "", distinct = "", columns = "", include = "", options = "", deferrable = ""] = parts;
  const build = `create unique index concurrently ${object.name} on ${table} ${columns}${include}${distinct}${options}`;
  const add = `alter table ${table} add constraint ${object.name} ${kind.toLowerCase()} using index ${object.name}${deferrable}`;
  return {
    now: [],
    later: [
      alone({ ...statement, sql: build, note: NOT_UNIQUE }, true),
      { inTransaction: true, waits: false, statements: [{ ...statement, sql: add }] },
    ],
    isNeeded,
  };
}

const LIST = String.raw`\((?:[^()"']|"(?:[^"]|"")*"|'(?:[^']|'')*')*\)`;
/** As `pg_get_constraintdef` prints it. */
const KEY = new RegExp(
  `^(PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (${LIST})( INCLUDE ${LIST})?( WITH ${LIST})?((?: DEFERRABLE)?(?: INITIALLY DEFERRED)?)$`,
);

function notNullForm(column: ObjectOf<"column">, statement: Statement): Form | null {
  const table = parentIdentity(column);
  const check = shortened(column);
  const say = (sql: string, note: string | null = null): Statement => ({ ...statement, sql, note });
  return {
    now: [say(`alter table ${table} add constraint ${check} check (${column.name} is not null) not valid`)],
    later: [
      alone(say(`alter table ${table} validate constraint ${check}`, "fails where a row has no value")),
      {
        inTransaction: true,
        waits: false,
        statements: [say(statement.sql), say(`alter table ${table} drop constraint ${check}`)],
      },
    ],
    isNeeded: true,
  };
}

function shortened({ name }: CatalogObject): string {
  return quoteIdentifier(`${nameOf(name).slice(0, 40)}__is_not_null`);
}
