import type { CatalogObject, ObjectKind, ObjectOf } from "../../catalog.ts";
import { isReferredTo } from "../families.ts";
import { parentIdentity, reference } from "../names.ts";
import { columnDefinition, columnExtras } from "./columns.ts";
import { optionChanges, optionList, ownerChange, type Writer, type WriterContext } from "./writer.ts";

function partsOf<Kind extends ObjectKind>(
  object: CatalogObject,
  kind: Kind,
  { head }: WriterContext,
): ObjectOf<Kind>[] {
  return [...head.objects.values()].filter(
    (part): part is ObjectOf<Kind> => part.parent === object.key && part.kind === kind,
  );
}

function createTable(object: ObjectOf<"table">, context: WriterContext): string[] {
  const p = object.properties;
  const isAbsorbed = (part: CatalogObject): boolean => context.absorbed.has(part.key);
  const [partition] = partsOf(object, "partition", context).filter(isAbsorbed);
  const parents = partsOf(object, "inheritance", context).filter(isAbsorbed);
  const columns =
    partition === undefined && p.ofType === null
      ? partsOf(object, "column", context).filter((c) => !(c.inherited && parents.length > 0))
      : [];
  const constraints = partsOf(object, "constraint", context).filter(isAbsorbed);
  const lines = [
    ...columns.map((column) => columnDefinition(column, context)),
    ...constraints.map(({ name, properties }) => `constraint ${name} ${properties.definition}`),
  ].map((line) => `  ${line}`);
  const body = lines.length > 0 ? ` (\n${lines.join(",\n")}\n)` : " ()";
  const options = p.options.length > 0 ? `\nwith (${optionList(p.options)})` : "";
  const clauses = [
    p.partitionKey === null ? "" : `\npartition by ${p.partitionKey}`,
    p.method === null ? "" : `\nusing ${p.method}`,
    options,
    p.tablespace === null ? "" : `\ntablespace ${p.tablespace}`,
  ].join("");
  const create = `create ${p.unlogged ? "unlogged " : ""}table ${object.identity}`;
  const head =
    partition !== undefined
      ? `${create} partition of ${partition.properties.of}${lines.length > 0 ? body : ""} ${partition.properties.bound}`
      : p.ofType !== null
        ? `${create} of ${p.ofType}${lines.length > 0 ? body : ""}`
        : `${create}${body}${parents.length > 0 ? ` inherits (${parents.map((i) => i.properties.of).join(", ")})` : ""}`;
  return [`${head}${clauses}`, ...columns.flatMap(columnExtras)];
}

const security = (object: ObjectOf<"table">): [boolean, string, string][] => [
  [object.properties.rowSecurity, "enable row level security", "disable row level security"],
  [object.properties.forceRowSecurity, "force row level security", "no force row level security"],
];

export const table: Writer<"table"> = {
  create: (object, context) => [
    ...createTable(object, context),
    ...security(object).flatMap(([on, enable]) => (on ? [`alter table ${object.identity} ${enable}`] : [])),
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [
    { sql: `drop table ${object.identity}`, destroys: `the table ${object.identity} and all of its rows` },
  ],
  alter(from, to) {
    const old = from.properties;
    const next = to.properties;
    if (old.partitionKey !== next.partitionKey) return null;
    const alter = `alter table ${to.identity}`;
    const before = security(from);
    return [
      ...(old.unlogged === next.unlogged ? [] : [`${alter} set ${next.unlogged ? "unlogged" : "logged"}`]),
      ...(old.ofType === next.ofType
        ? []
        : [`${alter} ${next.ofType === null ? "not of" : `of ${next.ofType}`}`]),
      ...(old.method === next.method ? [] : [`${alter} set access method ${next.method ?? "heap"}`]),
      ...(old.tablespace === next.tablespace
        ? []
        : [`${alter} set tablespace ${next.tablespace ?? "pg_default"}`]),
      ...optionChanges(old.options, next.options).map((change) => `${alter} ${change}`),
      ...security(to).flatMap(([on, enable, disable], i) =>
        on === before[i]![0] ? [] : [`${alter} ${on ? enable : disable}`],
      ),
      ...ownerChange(reference(to), old.owner, next.owner),
    ];
  },
};

type Family = ObjectOf<"partition"> | ObjectOf<"inheritance">;

/** The CHECK constraints of a parent that a table must have to join it. */
function missingChecks(object: Family, { base, head }: WriterContext): string[] {
  const child = parentIdentity(object);
  return [...head.objects.values()].flatMap((part) => {
    if (part.kind !== "constraint" || part.parent !== `table:${object.properties.of}`) return [];
    const { type, definition } = part.properties;
    const isThere = base.objects.has(`constraint:${child}.${part.name}`);
    if (type !== "check" || isThere || definition.endsWith("NO INHERIT")) return [];
    return [`alter table ${child} add constraint ${part.name} ${definition}`];
  });
}

export const partition: Writer<"partition"> = {
  create: (object, context) => [
    ...missingChecks(object, context),
    `alter table ${object.properties.of} attach partition ${parentIdentity(object)} ${object.properties.bound}`,
  ],
  drop(object, { head }) {
    const sql = `alter table ${object.properties.of} detach partition ${parentIdentity(object)}`;
    return isReferredTo(object, head)
      ? [{ sql, note: "fails where a row refers to one of its rows" }]
      : [sql];
  },
  alter: () => null,
};

export const inheritance: Writer<"inheritance"> = {
  create: (object, context) => [
    ...missingChecks(object, context),
    `alter table ${parentIdentity(object)} inherit ${object.properties.of}`,
  ],
  drop: (object) => [`alter table ${parentIdentity(object)} no inherit ${object.properties.of}`],
  alter: () => null,
};

export const replicaIdentity: Writer<"replica identity"> = {
  create: (object) => [
    `alter table ${parentIdentity(object)} replica identity ${object.properties.identity}`,
  ],
  drop: (object) => [`alter table ${parentIdentity(object)} replica identity default`],
  alter: (_, to) => [`alter table ${parentIdentity(to)} replica identity ${to.properties.identity}`],
};

export const cluster: Writer<"cluster"> = {
  create: (object) => [
    `alter ${parentWord(object)} ${parentIdentity(object)} cluster on ${object.properties.index}`,
  ],
  drop: (object) => [`alter ${parentWord(object)} ${parentIdentity(object)} set without cluster`],
  alter: (_, to) => [`alter ${parentWord(to)} ${parentIdentity(to)} cluster on ${to.properties.index}`],
};

function parentWord(object: CatalogObject): string {
  return object.parent!.slice(0, object.parent!.indexOf(":"));
}
