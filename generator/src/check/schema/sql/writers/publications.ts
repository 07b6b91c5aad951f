import type { ObjectOf } from "../../catalog.ts";
import { childrenOf } from "../families.ts";
import { parentIdentity, reference } from "../names.ts";
import { differsOnlyIn, ownerChange, sameText, type Writer, type WriterContext } from "./writer.ts";

type Publication = ObjectOf<"publication">;

/** The parameters that a publication would not have by itself, or that another has otherwise. */
function parameters({ properties }: Publication, other: Publication["properties"]): string[] {
  const { publish, viaRoot, generatedColumns } = properties;
  return [
    ...(publish === other.publish ? [] : [`publish = '${publish}'`]),
    ...(viaRoot === other.viaRoot ? [] : [`publish_via_partition_root = ${viaRoot}`]),
    ...(generatedColumns === other.generatedColumns
      ? []
      : [`publish_generated_columns = ${generatedColumns ?? "none"}`]),
  ];
}

const USUAL = {
  allTables: false,
  publish: "insert, update, delete, truncate",
  viaRoot: false,
  generatedColumns: null,
  owner: null,
};

export const publication: Writer<"publication"> = {
  create(object) {
    const set = parameters(object, USUAL);
    return [
      `create publication ${object.identity}${object.properties.allTables ? " for all tables" : ""}${set.length > 0 ? ` with (${set.join(", ")})` : ""}`,
      ...ownerChange(reference(object), null, object.properties.owner),
    ];
  },
  drop: (object) => [`drop publication ${object.identity}`],
  alter(from, to) {
    if (!differsOnlyIn(from, to, "publish", "viaRoot", "generatedColumns", "owner")) return null;
    const set = parameters(to, from.properties);
    return [
      ...(set.length > 0 ? [`alter publication ${to.identity} set (${set.join(", ")})`] : []),
      ...ownerChange(reference(to), from.properties.owner, to.properties.owner),
    ];
  },
};

/** Tables that inherit from one are published with it, unless one says otherwise; each is a part of its own here. */
function onlyWithChildren(table: string, { base, head }: WriterContext): string {
  return [base, head].some((catalog) => childrenOf(`table:${table}`, catalog).length > 0) ? "only " : "";
}

export const publishedTable: Writer<"published table"> = {
  create(object, context) {
    const { table, columns, where } = object.properties;
    return [
      `alter publication ${parentIdentity(object)} add table ${onlyWithChildren(table, context)}${table}${columns === null ? "" : ` (${columns.join(", ")})`}${where === null ? "" : ` where (${where})`}`,
    ];
  },
  drop(object, context) {
    const { table } = object.properties;
    return [
      `alter publication ${parentIdentity(object)} drop table ${onlyWithChildren(table, context)}${table}`,
    ];
  },
  alter: (from, to) => (sameText(from.properties, to.properties) ? [] : null),
};

export const publishedSchema: Writer<"published schema"> = {
  create: (object) => [
    `alter publication ${parentIdentity(object)} add tables in schema ${object.properties.schema}`,
  ],
  drop: (object) => [
    `alter publication ${parentIdentity(object)} drop tables in schema ${object.properties.schema}`,
  ],
  alter: () => [],
};
