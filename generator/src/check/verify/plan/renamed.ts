import { partsOf, quoteIdentifier, quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../../schema/catalog.ts";
import type { SchemaChange } from "../../schema/changes.ts";

/** What lets a renamed thing be used under both names. */
export interface Shim {
  readonly expand: readonly string[];
  /** Fills the new name from the old one. */
  readonly backfill: readonly string[];
  /** What can be asked of the new name once it is filled. */
  readonly settle: readonly string[];
  /** What ends it, as one transaction: nobody may write between. */
  readonly end: readonly string[];
}

type Renamed = SchemaChange & { readonly from: string };

/** Gives what stands for each renamed table and column, until nobody uses the old name. */
export function shimsOf(
  changes: readonly SchemaChange[],
  base: Catalog,
  head: Catalog,
  targetVersion: number | null,
): Shim[] {
  const renamed = changes.filter((one): one is Renamed => one.change === "renamed" && one.from !== null);
  const tables = renamed.filter(({ kind }) => kind === "table");
  const moved = new Set(tables.map(({ identity }) => identity));
  const columns = renamed.filter(({ kind }) => kind === "column");
  return [
    ...tables.map((table) =>
      ofTable(
        table,
        columns.filter(({ subject }) => subject.identity === table.identity),
        base,
        // Before, a view's rights are always its owner's.
        targetVersion !== null && targetVersion < 15 ? "" : " with (security_invoker = true)",
      ),
    ),
    ...columns.flatMap((column) => {
      const object = head.objects.get(`column:${column.identity}`);
      return moved.has(column.subject.identity) || object?.kind !== "column"
        ? []
        : [ofColumn(column, object, head)];
    }),
  ];
}

/** The table under its new names, and a view with the old ones in its place, through which it can be written. */
function ofTable(table: Renamed, columns: readonly Renamed[], base: Catalog, options: string): Shim {
  const old = base.objects.get(`table:${table.from}`);
  const [schema = "", name = ""] = partsOf(table.identity);
  const [oldSchema = "", oldName = ""] = partsOf(table.from);
  const was = (column: Renamed): string => quoteIdentifierIfNeeded(partsOf(column.from).at(-1) ?? "");
  const is = (column: Renamed): string => quoteIdentifierIfNeeded(partsOf(column.identity).at(-1) ?? "");
  const own = partsOfTable(base, table.from);
  const names = own
    .flatMap((part) => (part.kind === "column" ? [part.name] : []))
    .map((column) => {
      const to = columns.find((one) => was(one) === column);
      return to === undefined ? column : `${is(to)} as ${column}`;
    });
  const grants = own.flatMap((part) =>
    part.kind === "grant" && part.parent === old?.key
      ? [`grant ${part.properties.privileges.join(", ")} on ${table.from} to ${part.properties.grantee}`]
      : [],
  );
  return {
    expand: [
      ...(name === oldName ? [] : [`alter table ${table.from} rename to ${quoteIdentifierIfNeeded(name)}`]),
      ...(schema === oldSchema
        ? []
        : [
            `alter table ${quoteIdentifierIfNeeded(oldSchema)}.${quoteIdentifierIfNeeded(name)} set schema ${quoteIdentifierIfNeeded(schema)}`,
          ]),
      ...columns.map((one) => `alter table ${table.identity} rename column ${was(one)} to ${is(one)}`),
      `create view ${table.from}${options} as select ${names.join(", ")} from ${table.identity}`,
      ...grants,
    ],
    backfill: [],
    settle: [],
    end: [],
  };
}

const partsOfTable = (catalog: Catalog, identity: string): CatalogObject[] =>
  [...catalog.objects.values()]
    .filter(({ parent }) => parent === `table:${identity}`)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));

/** Both columns side by side, and a trigger that has each follow the other. */
function ofColumn(renamed: Renamed, column: ObjectOf<"column">, head: Catalog): Shim {
  const table = renamed.subject.identity;
  const [schema = "", tableName = ""] = partsOf(table);
  const to = column.name;
  const from = quoteIdentifierIfNeeded(partsOf(renamed.from).at(-1) ?? "");
  const bare = `${tableName}_${partsOf(renamed.identity).at(-1)}_follows`.slice(0, 60);
  const name = quoteIdentifierIfNeeded(bare);
  const routine = `${quoteIdentifierIfNeeded(schema)}.${name}`;
  const { type, collation, notNull } = column.properties;
  const keys = keysOn(table, column, head);
  return {
    expand: [
      `alter table ${table} add column ${to} ${type}${collation === null ? "" : ` collate ${collation}`}`,
      `create function ${routine}() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.${to} is null then new.${to} := new.${from}; else new.${from} := new.${to}; end if;
  elsif new.${to} is distinct from old.${to} then new.${from} := new.${to};
  elsif new.${from} is distinct from old.${from} then new.${to} := new.${from};
  end if;
  return new;
end $$`,
      `create trigger ${name} before insert or update on ${table} for each row execute function ${routine}()`,
      ...keys.map(({ index, columns }) => `create unique index concurrently ${index} on ${table} ${columns}`),
    ],
    backfill: [`update ${table} set ${to} = ${from} where ${to} is distinct from ${from}`],
    settle: notNull ? notNullForm(table, to) : [],
    end: [
      `drop trigger ${name} on ${table}`,
      `drop function ${routine}()`,
      `alter table ${table} drop column ${from}`,
      ...keys.map(({ adopt }) => adopt),
    ],
  };
}

/** Sets NOT NULL without a lock that lasts as long as the rows are looked through. */
export function notNullForm(table: string, column: string): string[] {
  const bare = column.startsWith('"') ? column.slice(1, -1) : column;
  const check = quoteIdentifier(`${bare.slice(0, 40)}__is_not_null`);
  return [
    `alter table ${table} add constraint ${check} check (${column} is not null) not valid`,
    `alter table ${table} validate constraint ${check}`,
    `alter table ${table} alter column ${column} set not null`,
    `alter table ${table} drop constraint ${check}`,
  ];
}

interface Key {
  readonly index: string;
  readonly columns: string;
  /** What makes it the key that the head has. */
  readonly adopt: string;
}

/** Unique indexes on the new name, which ON CONFLICT and references look for. */
function keysOn(table: string, column: ObjectOf<"column">, head: Catalog): Key[] {
  const bare = column.name.startsWith('"') ? column.name.slice(1, -1) : column.name;
  return partsOfTable(head, table).flatMap((part, i): Key[] => {
    const index = quoteIdentifierIfNeeded(`${bare.slice(0, 40)}_follows_${i}`);
    if (part.kind === "constraint") {
      const [, kind = "", columns] =
        /^(PRIMARY KEY|UNIQUE)(?: NULLS NOT DISTINCT)? (\(.*?\))$/.exec(part.properties.definition) ?? [];
      if (columns === undefined || !isAmong(columns, column.name)) return [];
      const adopt = `alter table ${table} add constraint ${part.name} ${kind.toLowerCase()} using index ${index}`;
      return [{ index, columns, adopt }];
    }
    if (part.kind !== "index") return [];
    const columns = /^CREATE UNIQUE INDEX .* USING \w+ (\(.*)$/.exec(part.properties.definition)?.[1];
    if (columns === undefined || !isAmong(columns, column.name)) return [];
    const schema = quoteIdentifierIfNeeded(partsOf(table)[0] ?? "");
    return [{ index, columns, adopt: `alter index ${schema}.${index} rename to ${part.name}` }];
  });
}

const isAmong = (columns: string, name: string): boolean =>
  columns
    .slice(1)
    .split(/[,\s()]+/)
    .includes(name);
