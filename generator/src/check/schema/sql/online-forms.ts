import { nameOf, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { parentIdentity } from "./names.ts";
import { partitionedConstraintForm, partitionedIndexForm, partitionForm } from "./online-partitions.ts";
import { alone, type Form, keyBy, NOT_UNIQUE, together } from "./online-steps.ts";
import type { Partitions } from "./partitions.ts";
import { refusalOf } from "./refusals.ts";
import type { Statement } from "./statement.ts";

/** Gives other words for a statement that would keep off those who use a table; null where there are none, or it keeps off nobody. */
export function formOf(
  asked: Statement,
  base: Catalog,
  head: Catalog,
  place: { readonly partitions: Partitions; readonly at: number },
): Form | null {
  const { object: key, sql } = asked;
  // Which rows are refused is said where they are looked at.
  const statement = asked.note === refusalOf(asked, base, head) ? { ...asked, note: null } : asked;
  const object = head.objects.get(key) ?? base.objects.get(key);
  // What a partition was given by its parent shows only when it is detached.
  if (object === undefined && key.startsWith("index:")) return indexForm(statement, true, false);
  const made = head.objects.get(`partition:${key}`);
  if (made?.kind === "partition" && / partition of /.test(sql))
    return partitionForm(made, statement, { ...place, base });
  if (object === undefined || object.parent === null) return null;
  // One that is referred to leaves the whole before it goes.
  if (object.kind === "partition" && / detach partition /.test(sql))
    return partitionForm(object, statement, { ...place, base });
  const relation = base.objects.get(object.parent);
  const still = head.objects.get(object.parent);
  // What is new has no rows and no users, and what goes has none for long.
  if (relation === undefined || still === undefined || relation.kind !== still.kind) return null;
  const isPartitioned = relation.kind === "table" && relation.properties.partitionKey !== null;
  if (object.kind === "partition") return partitionForm(object, statement, { ...place, base });
  if (object.kind === "index" && isPartitioned)
    return /^CREATE /.test(sql) ? partitionedIndexForm(object, statement, { ...place, base }) : null;
  if (object.kind === "index") return indexForm(statement, isUsed(key, base, head), !base.objects.has(key));
  if (relation.kind !== "table") return null;
  if (object.kind === "constraint" && / add constraint /.test(sql))
    return isPartitioned && object.properties.type !== "check"
      ? partitionedConstraintForm(object, statement, { ...place, base })
      : constraintForm(object, statement, isUsed(key, base, head));
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

function constraintForm(
  object: ObjectOf<"constraint">,
  statement: Statement,
  isNeeded: boolean,
): Form | null {
  const { type, definition } = object.properties;
  const table = parentIdentity(object);
  if (/ NOT VALID$/.test(definition)) return null;
  if (type === "check" || type === "foreign key") {
    const note = type === "check" ? "fails where a row does not fit it" : "fails where a row has no partner";
    const validate = `alter table ${table} validate constraint ${object.name}`;
    return {
      now: [{ ...statement, sql: `${statement.sql} not valid` }],
      later: [alone({ ...statement, sql: validate, note })],
      isNeeded: false,
    };
  }
  const made = keyBy(definition);
  if (made === null) return null;
  return {
    now: [],
    later: [
      alone({ ...statement, sql: made.build(object.name, table), note: NOT_UNIQUE }, true),
      together([{ ...statement, sql: made.add(object.name, table) }]),
    ],
    isNeeded,
  };
}

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
