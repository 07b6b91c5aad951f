import { nameOf, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { identityOf, parentIdentity } from "./names.ts";
import { alone, type Form, keyBy, NOT_UNIQUE, type OnlineStep, together } from "./online-steps.ts";
import type { Partitions } from "./partitions.ts";
import type { Statement } from "./statement.ts";

/** Where a migration stands: what the forms of partitioned tables depend on. */
export interface Place {
  readonly partitions: Partitions;
  /** The statement's number. */
  readonly at: number;
  readonly base: Catalog;
}

const inPlace = (later: readonly OnlineStep[], now: readonly Statement[] = []): Form => ({
  now,
  later,
  isNeeded: true,
  isInPlace: true,
});

/** How each partition is given what the whole table has, while it is in use. */
interface Parts {
  /** The same of a partition that is partitioned itself. */
  whole(table: string, name: string): readonly OnlineStep[];
  part(table: string, name: string): readonly OnlineStep[];
  attach(table: string, parent: string, name: string): readonly OnlineStep[];
}

/** An index of the parent alone, then one of each partition, built while that is in use, and made a part of it. */
export function partitionedIndexForm(
  index: ObjectOf<"index">,
  statement: Statement,
  { partitions, at }: Place,
): Form | null {
  const parts = indexParts(index, statement);
  if (parts === null || partitions.of(index.parent!, at).length === 0) return null;
  const [whole] = parts.whole(index.parent!, index.name);
  return inPlace(partByPart(index.parent!, index.name, parts, partitions, at), whole!.statements);
}

function indexParts({ properties }: ObjectOf<"index">, statement: Statement): Parts | null {
  const parsed = INDEX.exec(properties.definition);
  if (parsed === null) return null;
  const [, unique, rest = ""] = parsed;
  const create = unique ? "create unique index" : "create index";
  const note = unique ? NOT_UNIQUE : "leaves an invalid index where it fails: drop that, and run it again";
  const say = (sql: string): Statement => ({ ...statement, sql });
  return {
    whole: (table, name) => [together([say(`${create} ${name} on only ${identityOf(table)} ${rest}`)])],
    part: (table, name) => [
      alone({ ...say(`${create} concurrently ${name} on ${identityOf(table)} ${rest}`), note }, true),
    ],
    attach: (table, parent, name) => attachIndex(statement, table, parent, name),
  };
}

const INDEX = /^CREATE (UNIQUE )?INDEX .*? ON (?:"(?:[^"]|"")*"|[^\s"])+ (.*)$/s;

/** A key, or a reference, of the whole and of each partition. */
export function partitionedConstraintForm(
  constraint: ObjectOf<"constraint">,
  statement: Statement,
  { partitions, at }: Place,
): Form | null {
  const parts = constraintParts(constraint, statement);
  if (parts === null || partitions.of(constraint.parent!, at).length === 0) return null;
  const steps = partByPart(constraint.parent!, constraint.name, parts, partitions, at);
  // A reference that each part has, and was held against, is taken over by the whole without another look.
  return constraint.properties.type === "foreign key"
    ? inPlace([...steps, together([statement])])
    : inPlace([...parts.whole(constraint.parent!, constraint.name), ...steps]);
}

function constraintParts({ properties }: ObjectOf<"constraint">, statement: Statement): Parts | null {
  const { type, definition } = properties;
  const say = (sql: string): Statement => ({ ...statement, sql });
  if (type === "foreign key") {
    return {
      whole: () => [],
      part: (table, name) => {
        const alter = `alter table ${identityOf(table)}`;
        return [
          together([say(`${alter} add constraint ${name} ${definition} not valid`)]),
          alone({
            ...say(`${alter} validate constraint ${name}`),
            note: "fails where a row has no partner",
          }),
        ];
      },
      attach: () => [],
    };
  }
  const made = keyBy(definition);
  if (made === null) return null;
  return {
    whole: (table, name) => [
      together([say(`alter table only ${identityOf(table)} add constraint ${name} ${definition}`)]),
    ],
    // The part's index is made a key of it before it joins the parent's.
    part: (table, name) => [
      alone({ ...say(made.build(name, identityOf(table))), note: NOT_UNIQUE }, true),
      together([say(made.add(name, identityOf(table)))]),
    ],
    attach: (table, parent, name) => attachIndex(statement, table, parent, name),
  };
}

/** Gives other words for what joins or leaves a partitioned table. */
export function partitionForm(
  partition: ObjectOf<"partition">,
  statement: Statement,
  place: Place,
): Form | null {
  if (/ add constraint /.test(statement.sql)) return checkForm(statement);
  if (/ (?:attach partition|partition of) /.test(statement.sql))
    return attachForm(partition, statement, place);
  return / detach partition /.test(statement.sql) ? detachForm(partition, statement, place) : null;
}

/** Adds what the parent checks of its rows, and reads these afterwards. */
function checkForm(statement: Statement): Form {
  const [, table, name] = /^alter table (.*) add constraint ("(?:[^"]|"")*"|\S+) /s.exec(statement.sql)!;
  const validate = `alter table ${table} validate constraint ${name}`;
  return inPlace(
    [alone({ ...statement, sql: validate, note: "fails where a row does not fit it" })],
    [{ ...statement, sql: `${statement.sql} not valid` }],
  );
}

/**
 * With a CHECK that says the same as the bound, no row is looked at, nor any of the default partition; and the indexes, keys and references that
 * the whole table has are there before. A partition that is new has no rows, but the default one may.
 */
function attachForm(partition: ObjectOf<"partition">, statement: Statement, place: Place): Form | null {
  const { partitions, at, base } = place;
  const rest = partitions
    .of(`table:${partition.properties.of}`, at)
    .find(({ properties }) => properties.bound === "DEFAULT");
  const { within } = partition;
  const checks = [
    { table: partition.parent!, condition: within },
    { table: rest?.parent ?? "", condition: `not ${within}` },
  ].filter(({ table }) => within !== undefined && base.objects.has(table));
  const name = fresh(partition.properties.of, "fits");
  const alter = (table: string, change: string): Statement => ({
    ...statement,
    sql: `alter table ${identityOf(table)} ${change}`,
  });
  const steps = [
    ...partsOfJoining(partition, statement, place),
    ...checks.flatMap(({ table, condition }) => [
      together([alter(table, `add constraint ${name} check (${condition}) not valid`)]),
      alone({
        ...alter(table, `validate constraint ${name}`),
        note: "fails where a row is of another partition",
      }),
    ]),
  ];
  if (steps.length === 0) return null;
  const drops = checks.map(({ table }) => alter(table, `drop constraint ${name}`));
  return inPlace([...steps, together([statement, ...drops])]);
}

/** Makes what PostgreSQL else makes while it attaches the table. */
function partsOfJoining(
  { parent: table, properties }: ObjectOf<"partition">,
  statement: Statement,
  { partitions, at, base }: Place,
): OnlineStep[] {
  if (partitions.isPartitioned(table!) || !base.objects.has(table!)) return [];
  const own = [...base.objects.values()].filter(({ parent }) => parent === table).map(madeOf);
  return partitions.partsOf(`table:${properties.of}`, at).flatMap((object) => {
    if (own.includes(madeOf(object))) return [];
    const parts =
      object.kind === "index" ? indexParts(object, statement) : constraintParts(object, statement);
    return parts?.part(table!, fresh(identityOf(table!), nameOf(object.name))) ?? [];
  });
}

/** Tells what makes it the same as another table's; null for what is neither an index nor a constraint. */
function madeOf(object: CatalogObject): string | null {
  if (object.kind === "constraint") return object.properties.definition;
  if (object.kind !== "index") return null;
  const [, unique, rest] = INDEX.exec(object.properties.definition) ?? [];
  return `${unique} ${rest}`;
}

/** PostgreSQL leaves what the partition's rows fit as a CHECK, with a name that can be told of a single column. */
function detachForm(
  partition: ObjectOf<"partition">,
  statement: Statement,
  { partitions, at, base }: Place,
): Form | null {
  const parent = `table:${partition.properties.of}`;
  const table = partitions.table(parent);
  const key = table?.kind === "table" ? (table.properties.partitionKey ?? "") : "";
  const [, column] = /^(?:RANGE|LIST) \(("(?:[^"]|"")*"|[\w$]+)\)$/.exec(key) ?? [];
  const hasDefault = partitions.of(parent, at).some(({ properties }) => properties.bound === "DEFAULT");
  if (column === undefined || hasDefault || base.objects.has(`partition:${parent}`)) return null;
  const child = parentIdentity(partition);
  const check = `${nameOf(lastName(child))}_${nameOf(column)}_check`;
  if (check.length > 60 || base.objects.has(`constraint:${child}.${check}`)) return null;
  return inPlace([
    alone(
      {
        ...statement,
        sql: `${statement.sql} concurrently`,
        note: [statement.note, "where it is cut short, go on with `detach partition … finalize`"]
          .filter((one) => one !== null)
          .join("; "),
      },
      true,
    ),
    together([
      {
        ...statement,
        sql: `alter table ${child} drop constraint if exists ${quoteIdentifier(check)}`,
        note: null,
      },
    ]),
  ]);
}

/** Says something of each partition, and makes it a part of the parent's. @param parent the name of that */
function partByPart(
  table: string,
  parent: string,
  parts: Parts,
  partitions: Partitions,
  at: number,
): OnlineStep[] {
  return partitions.of(table, at).flatMap(({ parent: child }) => {
    const name = fresh(identityOf(child!), nameOf(parent));
    return [
      ...(partitions.isPartitioned(child!)
        ? [...parts.whole(child!, name), ...partByPart(child!, name, parts, partitions, at)]
        : parts.part(child!, name)),
      ...parts.attach(table, parent, name),
    ];
  });
}

function attachIndex(statement: Statement, table: string, parent: string, name: string): OnlineStep[] {
  const schema = identityOf(table).slice(0, -lastName(identityOf(table)).length);
  return [
    together([{ ...statement, sql: `alter index ${schema}${parent} attach partition ${schema}${name}` }]),
  ];
}

const lastName = (identity: string): string => /(?:"(?:[^"]|"")*"|[^."]+)$/.exec(identity)![0];

/** A name of a table's that nobody is likely to have given; long ones differ by their ends. */
function fresh(table: string, suffix: string): string {
  return quoteIdentifier(`${nameOf(lastName(table)).slice(-30)}__${suffix.slice(0, 30)}`);
}
