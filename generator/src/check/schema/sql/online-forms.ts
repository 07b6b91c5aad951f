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
export interface Form {
  readonly now: readonly Statement[];
  readonly later: readonly OnlineStep[];
  /** Whether others may be made only when `later` is done. */
  readonly isNeeded: boolean;
  /** The same where it stands in a transaction with others: what goes ahead of that, and what is left to do in it. */
  readonly inside?: { readonly before: readonly OnlineStep[]; readonly now: readonly Statement[] };
}

/** Gives other words for a statement that would keep off those who use a table; null where there are none, or it keeps off nobody. */
export function formOf(statement: Statement, base: Catalog, head: Catalog): Form | null {
  const { object: key, sql } = statement;
  const object = head.objects.get(key) ?? base.objects.get(key);
  // What a partition was given by its parent shows only when it is detached.
  if (object === undefined && key.startsWith("index:")) return indexForm(statement, true, false);
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

export const together = (statements: readonly Statement[]): OnlineStep => ({
  inTransaction: true,
  waits: false,
  statements,
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
      together([{ ...statement, sql: add }]),
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
  const add = say(
    `alter table ${table} add constraint ${check} check (${column.name} is not null) not valid`,
  );
  const validate = alone(
    say(`alter table ${table} validate constraint ${check}`, "fails where a row has no value"),
  );
  // With the CHECK, no row is looked at.
  const set = [say(statement.sql), say(`alter table ${table} drop constraint ${check}`)];
  return {
    now: [add],
    later: [validate, together(set)],
    isNeeded: true,
    inside: { before: [together([add]), validate], now: set },
  };
}

function shortened({ name }: CatalogObject): string {
  return quoteIdentifier(`${nameOf(name).slice(0, 40)}__is_not_null`);
}
