import { nameOf, quoteLiteral } from "../../../../sql/quoting.ts";
import type { Catalog, ObjectOf } from "../../catalog.ts";
import { isKeptBelow } from "../families.ts";
import { identityOf, parentIdentity, relationWord } from "../names.ts";
import type { Written } from "../statement.ts";
import { caution, loss, usingClause } from "../types.ts";
import { goOn, moved, unusualOptions } from "./sequences.ts";
import { optionChanges, sameText, type Writer, type WriterContext } from "./writer.ts";

type Column = ObjectOf<"column">;

/** As `create table` and `add column` write it; what they cannot say follows in `columnExtras`. */
export function columnDefinition(column: Column, { head, absorbed }: WriterContext): string {
  const p = column.properties;
  const value = head.objects.get(`default:${column.key}`);
  const parts = [column.name, p.type];
  if (p.compression !== null) parts.push(`compression ${p.compression}`);
  if (p.collation !== null) parts.push(`collate ${p.collation}`);
  if (p.generated !== null) parts.push(`generated always as (${p.generated}) ${p.generatedKind}`);
  if (p.identity !== null) {
    const options = unusualOptions(p.identityOptions!, p.type);
    parts.push(`generated ${p.identity} as identity${options && ` (${options})`}`);
  }
  if (value?.kind === "default" && absorbed.has(value.key))
    parts.push(`default ${value.properties.expression}`);
  if (p.notNull && p.notNullState === null) parts.push("not null");
  return parts.join(" ");
}

export function columnExtras(column: Column): string[] {
  const p = column.properties;
  const table = parentIdentity(column);
  const alter = `alter table ${table} alter column ${column.name}`;
  return [
    ...(p.notNullState === null ? [] : [notNullConstraint(column)]),
    ...(p.storage === null ? [] : [`${alter} set storage ${p.storage}`]),
    ...(p.statistics === null ? [] : [`${alter} set statistics ${p.statistics}`]),
    ...optionChanges([], p.options).map((change) => `${alter} ${change}`),
  ];
}

function notNullConstraint(column: Column): string {
  const table = parentIdentity(column);
  const name = `${table}_${column.name}_not_null`.replace(/^.*\./, "").replaceAll('"', "");
  return `alter table ${table} add constraint "${name}" not null ${column.name} ${column.properties.notNullState}`;
}

export const column: Writer<"column"> = {
  create(object, context) {
    const sql = `alter table ${parentIdentity(object)} add column ${columnDefinition(object, context)}`;
    const { notNull, identity, generated } = object.properties;
    const isFilled =
      !notNull || identity !== null || generated !== null || context.absorbed.has(`default:${object.key}`);
    const note = "fails where the table has rows: they need a value, as by a default";
    return [isFilled ? sql : { sql, note }, ...columnExtras(object)];
  },
  drop(object, { base, head }) {
    const only = isKeptBelow(object, base, head) ? "only " : "";
    const sql = `alter table ${only}${parentIdentity(object)} drop column ${object.name}`;
    if (object.properties.generated !== null) return [sql];
    return [{ sql, destroys: `the column ${object.identity} and what is stored in it` }];
  },
  alter(from, to, context) {
    const old = from.properties;
    const next = to.properties;
    // An expression cannot be given to a column, or changed, before PostgreSQL 17.
    if (
      next.generated !== null &&
      (old.generated !== next.generated || old.generatedKind !== next.generatedKind)
    ) {
      return null;
    }
    if (next.generated === null && old.generatedKind === "virtual") return null;
    const alter = `alter table ${parentIdentity(to)} alter column ${to.name}`;
    const changes: Written[] = [];
    if (old.generated !== null && next.generated === null) changes.push(`${alter} drop expression`);
    if (old.identity !== null && next.identity === null) changes.push(`${alter} drop identity`);
    if (old.type !== next.type || old.collation !== next.collation)
      changes.push(...typeChange(from, to, context));
    if (old.notNull && (!next.notNull || old.notNullState !== next.notNullState)) {
      changes.push(`${alter} drop not null`);
    }
    if (next.notNull && (!old.notNull || old.notNullState !== next.notNullState)) {
      changes.push(
        next.notNullState === null
          ? { sql: `${alter} set not null`, note: "fails where a row has no value" }
          : notNullConstraint(to),
      );
    }
    if (next.identity !== null) changes.push(...identityChanges(from, to, alter));
    if (old.storage !== next.storage) changes.push(`${alter} set storage ${next.storage ?? "default"}`);
    if (old.compression !== next.compression) {
      changes.push(`${alter} set compression ${next.compression ?? "default"}`);
    }
    if (old.statistics !== next.statistics) changes.push(`${alter} set statistics ${next.statistics ?? -1}`);
    changes.push(...optionChanges(old.options, next.options).map((change) => `${alter} ${change}`));
    return changes;
  },
};

function typeChange(from: Column, to: Column, { casts }: WriterContext): Written[] {
  const { type, collation } = to.properties;
  const sql = `alter table ${parentIdentity(to)} alter column ${to.name} type ${type}${
    collation === null ? "" : ` collate ${collation}`
  }${usingClause(to.name, from.properties.type, type, casts)}`;
  const lost = loss(from.properties.type, type);
  const note = caution(to.name, from.properties.type, type, casts);
  return [
    {
      sql,
      ...(lost !== null && { destroys: `${lost} of what is stored in ${to.identity}` }),
      ...(note !== null && { note }),
    },
  ];
}

function identityChanges(from: Column, to: Column, alter: string): string[] {
  const { identity, identityOptions, type } = to.properties;
  const old = from.properties;
  const options = identityOptions!;
  if (old.identity === null) {
    const unusual = unusualOptions(options, type);
    return [
      `${alter} add generated ${identity} as identity${unusual && ` (${unusual})`}`,
      ...goOn(to, sequenceOf(to), options),
    ];
  }
  const before = old.identityOptions!;
  // A new type moves the limits along, so that all are said.
  const settings =
    options.match(/(?:start with|increment by|minvalue|maxvalue|cache) \S+|no cycle|cycle/g) ?? [];
  const { before: set, restart } = moved(sequenceOf(to), before, options);
  return [
    ...(old.identity === identity ? [] : [`${alter} set generated ${identity}`]),
    ...(before === options
      ? []
      : [...set, `${alter} ${settings.map((setting) => `set ${setting}`).join(" ")}${restart}`]),
  ];
}

/** The sequence of an identity, which has a name that nobody gave. */
function sequenceOf(column: Column): string {
  return `pg_catalog.pg_get_serial_sequence(${quoteLiteral(parentIdentity(column))}, ${quoteLiteral(nameOf(column.name))})`;
}

/** A default's relation and column, as `alter … alter column` names them. */
function defaultTarget(catalog: Catalog, object: ObjectOf<"default">): string {
  const parent = catalog.objects.get(object.parent!)!;
  return `alter ${relationWord(parent.parent!)} ${identityOf(parent.parent!)} alter column ${parent.name}`;
}

export const defaultValue: Writer<"default"> = {
  create: (object, { head }) => [
    `${defaultTarget(head, object)} set default ${object.properties.expression}`,
  ],
  drop: (object, { base }) => [`${defaultTarget(base, object)} drop default`],
  alter: (from, to, { head }) =>
    sameText(from.properties, to.properties)
      ? []
      : [`${defaultTarget(head, to)} set default ${to.properties.expression}`],
};
