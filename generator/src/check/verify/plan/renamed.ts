import { partsOf, quoteIdentifier, quoteIdentifierIfNeeded, quoteLiteral } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../../schema/catalog.ts";
import type { SchemaChange } from "../../schema/changes.ts";
import { childrenOf } from "../../schema/sql/families.ts";
import { parentIdentity } from "../../schema/sql/names.ts";
import { isPartitionedBy } from "../../schema/sql/remake.ts";
import { unusualOptions } from "../../schema/sql/writers/sequences.ts";

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
        : ofColumn(column, object, base, head);
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

/** Both columns side by side, and triggers that have each follow the other; none where they could not tell which of the two was given. */
function ofColumn(renamed: Renamed, column: ObjectOf<"column">, base: Catalog, head: Catalog): Shim[] {
  const table = renamed.subject.identity;
  const [schema = "", tableName = ""] = partsOf(table);
  const to = column.name;
  const fromPath = partsOf(renamed.from);
  const from = quoteIdentifierIfNeeded(fromPath.at(-1) ?? "");
  const { type, collation, notNull, identity } = column.properties;
  const value = defaultOf(base, `column:${renamed.from}`);
  const next = defaultOf(head, column.key);
  // Of a column that may be NULL, one that was given and one that was left out look alike, unless the default is known.
  const isTold = value === null || notNull || (value === next && CONSTANT.test(value));
  const fires = triggersOf(
    base,
    fromPath
      .slice(0, -1)
      .map((part) => quoteIdentifierIfNeeded(part))
      .join("."),
  );
  // Whoever sets the other name has not named the column that such a trigger is for.
  if (!isTold || fires.some((one) => / UPDATE OF /.test(one)) || !isFollowed(base, renamed.from)) return [];
  const known = notNull ? null : value;
  const routine = (end: string): string =>
    `${quoteIdentifierIfNeeded(schema)}.${quoteIdentifierIfNeeded(`${tableName}_${partsOf(renamed.identity).at(-1)}_${end}`.slice(-60))}`;
  const follow = follower(table, routine("follows"), {
    // Before all others, which read and write the old name.
    trigger: fires.some((one) => / BEFORE /.test(one)) ? "!" : "",
    body: `  if tg_op = 'INSERT' then
    if new.${to} is ${known === null ? "null" : `not distinct from ${known}`} then new.${to} := new.${from}; else new.${from} := new.${to}; end if;
  elsif new.${to} is distinct from old.${to} then new.${from} := new.${to};
  elsif new.${from} is distinct from old.${from} then new.${to} := new.${from};
  end if;`,
  });
  const last = fires.some((one) => / BEFORE /.test(one))
    ? [
        follower(table, routine("follows_last"), {
          trigger: "~",
          body: `  new.${to} := new.${from};`,
        }),
      ]
    : [];
  const followers = [follow, ...last];
  const keys = keysOn(table, column, head);
  const newDefault = next === null ? [] : [`alter table ${table} alter column ${to} set default ${next}`];
  return [
    {
      expand: [
        `alter table ${table} add column ${to} ${type}${collation === null ? "" : ` collate ${collation}`}`,
        ...(known === null ? [] : [`alter table ${table} alter column ${to} set default ${known}`]),
        ...followers.flatMap(({ make }) => make),
        ...keys.map(
          ({ index, columns }) => `create unique index concurrently ${index} on ${table} ${columns}`,
        ),
      ],
      backfill: [`update ${table} set ${to} = ${from} where ${to} is distinct from ${from}`],
      settle: notNull ? notNullForm(table, to) : [],
      end: [
        ...followers.flatMap(({ end }) => end),
        ...(identity === null ? [] : numberedOn(table, column, fromPath.at(-1)!)),
        ...ownedSequences(base, renamed.from).map(
          (sequence) => `alter sequence ${sequence} owned by ${table}.${to}`,
        ),
        `alter table ${table} drop column ${from}`,
        ...(known === null ? newDefault : []),
        ...keys.map(({ adopt }) => adopt),
      ],
    },
  ];
}

/** Tells whether triggers of a table see to all values of a column: a row's partition is chosen before any runs, and none runs for rows of what inherits from it. */
function isFollowed(catalog: Catalog, column: string): boolean {
  const path = partsOf(column).map((part) => quoteIdentifierIfNeeded(part));
  const tables = new Set([`table:${path.slice(0, -1).join(".")}`]);
  for (const table of tables) for (const child of childrenOf(table, catalog)) tables.add(child);
  return [...tables].every((key) => {
    const table = catalog.objects.get(key);
    const isHeir = [...catalog.objects.values()].some(
      ({ kind, parent }) => kind === "inheritance" && parent === key,
    );
    return table?.kind === "table" && !isHeir && !isPartitionedBy(table, path.at(-1)!);
  });
}

/** What gives the same whenever it is computed in a transaction. */
const CONSTANT =
  /^\(?(?:'(?:[^']|'')*'|-?\d[\d.]*|true|false|NULL|CURRENT_(?:DATE|TIMESTAMP)|now\(\))\)?(?:::[\w\s."(),[\]]+)?$/i;

function defaultOf(catalog: Catalog, column: string): string | null {
  for (const object of catalog.objects.values())
    if (object.kind === "default" && object.parent === column) return object.properties.expression;
  return null;
}

const triggersOf = (catalog: Catalog, table: string): string[] =>
  partsOfTable(catalog, table).flatMap((part) =>
    part.kind === "trigger" ? [part.properties.definition] : [],
  );

/** The sequences that would be dropped with a column, and whose numbers go on under its new name. */
const ownedSequences = (catalog: Catalog, column: string): string[] =>
  [...catalog.objects.values()].flatMap((object) =>
    object.kind === "sequence owner" && object.properties.column === column ? [parentIdentity(object)] : [],
  );

/** Has a column number its rows as the other one has done, from where that is. */
function numberedOn(table: string, column: ObjectOf<"column">, from: string): string[] {
  const { identity, identityOptions, type } = column.properties;
  const unusual = unusualOptions(identityOptions!, type);
  const options = unusual === "" ? "" : ` (${unusual})`;
  const sequence = (name: string): string =>
    `pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(name)})`;
  return [
    `alter table ${table} alter column ${column.name} add generated ${identity} as identity${options}`,
    `select setval(${sequence(partsOf(column.identity).at(-1)!)}, n) from (select pg_sequence_last_value(${sequence(from)}::regclass) as n) as s where n is not null`,
  ];
}

/** A trigger with its function, and what ends both. */
function follower(
  table: string,
  routine: string,
  { trigger, body }: { readonly trigger: string; readonly body: string },
): { readonly make: readonly string[]; readonly end: readonly string[] } {
  const bare = partsOf(routine).at(-1)!;
  // PostgreSQL fires them in the order of their names.
  const name = quoteIdentifierIfNeeded(trigger + bare);
  return {
    make: [
      `create function ${routine}() returns trigger language plpgsql as $$
begin
${body}
  return new;
end $$`,
      `create trigger ${name} before insert or update on ${table} for each row execute function ${routine}()`,
    ],
    end: [`drop trigger ${name} on ${table}`, `drop function ${routine}()`],
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
  // Indexes of all tables share their schema's names.
  const bare = [table, column.identity].map((identity) => partsOf(identity).at(-1)!.slice(0, 25)).join("_");
  return partsOfTable(head, table).flatMap((part, i): Key[] => {
    const index = quoteIdentifierIfNeeded(`${bare}_follows_${i}`);
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
