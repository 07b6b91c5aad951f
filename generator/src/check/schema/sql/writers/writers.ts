import type { CatalogObject, ObjectKind } from "../../catalog.ts";
import type { Written } from "../statement.ts";
import { column, defaultValue } from "./columns.ts";
import { comment, defaultPrivileges, grant } from "./facets.ts";
import { publication, publishedSchema, publishedTable } from "./publications.ts";
import { aggregate, functionWriter, procedure } from "./routines.ts";
import { sequence, sequenceOwner } from "./sequences.ts";
import { eventTrigger, extension, role, schema, setting } from "./surroundings.ts";
import { constraint, index, policy, rule, statistics, trigger, triggerState } from "./table-parts.ts";
import { cluster, inheritance, partition, replicaIdentity, table } from "./tables.ts";
import { TEXT_SEARCH } from "./text-search.ts";
import { attribute, collation, composite, domain, domainConstraint, enumType, range } from "./types.ts";
import { materializedView, view } from "./views.ts";
import type { Writer, WriterContext } from "./writer.ts";

/** Made, changed and dropped by the whole that it is a part of. */
const NONE: Writer<"view column"> = { create: () => [], drop: () => [], alter: () => [] };

const WRITERS: { readonly [Kind in Exclude<ObjectKind, "other">]: Writer<Kind> } = {
  role,
  setting,
  schema,
  extension,
  collation,
  enum: enumType,
  domain,
  "domain constraint": domainConstraint,
  "composite type": composite,
  attribute,
  "range type": range,
  sequence,
  "sequence owner": sequenceOwner,
  table,
  column,
  "view column": NONE,
  default: defaultValue,
  partition,
  inheritance,
  constraint,
  index,
  "replica identity": replicaIdentity,
  cluster,
  statistics,
  view,
  "materialized view": materializedView,
  function: functionWriter,
  procedure,
  aggregate,
  trigger,
  "trigger state": triggerState,
  rule,
  policy,
  "event trigger": eventTrigger,
  publication,
  "published table": publishedTable,
  "published schema": publishedSchema,
  comment,
  grant,
  "default privileges": defaultPrivileges,
};

/** The writer of an object; what it is given must be of the same kind. Null for what no migration is written for. */
function writerOf(object: CatalogObject): Writer<"table"> | null {
  const writer = object.kind === "other" ? TEXT_SEARCH[object.properties.type] : WRITERS[object.kind];
  return (writer as Writer<"table"> | undefined) ?? null;
}

export function writeCreate(object: CatalogObject, context: WriterContext): readonly Written[] | null {
  return writerOf(object)?.create(object as never, context) ?? null;
}
export function writeDrop(object: CatalogObject, context: WriterContext): readonly Written[] | null {
  return writerOf(object)?.drop(object as never, context) ?? null;
}
/** Null where it has to be dropped and made again. */
export function writeAlter(
  from: CatalogObject,
  to: CatalogObject,
  context: WriterContext,
): readonly Written[] | null {
  return writerOf(to)?.alter(from as never, to as never, context) ?? null;
}
