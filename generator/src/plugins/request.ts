import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { QuerySet } from "../model/analysis.ts";
import type { Catalog, Oid, Relation } from "../model/catalog.ts";
import type { ColumnOrigin, Embed, Param, Query, Column as QueryColumn } from "../model/query.ts";
import type { SystemRelation } from "../postgres/system-relations.ts";
import { DEFAULT_SCHEMA, type Declared } from "./declared.ts";
import {
  type CatalogSchema,
  type ColumnSchema,
  type GenerateRequest,
  GenerateRequestSchema,
  type QuerySchema,
  type SchemaSchema,
  type SettingsSchema,
} from "./protocol/codegen_pb.ts";
import { type NamedType, nameOfColumnType, nameOfExpressionType, nameOfType } from "./type-names.ts";
import { readWritten, type WrittenOutput, type WrittenQuery } from "./written-query.ts";

/** The sqlc whose protocol this is, and that plugins are told they talk to. */
export const SQLC_VERSION = "v1.31.1";

type ColumnInit = MessageInitShape<typeof ColumnSchema>;

export interface RequestSource {
  readonly set: QuerySet;
  readonly declared: Declared;
  /** PostgreSQL's own; empty for those whom they are kept from. */
  readonly system: readonly SystemRelation[];
  readonly settings: MessageInitShape<typeof SettingsSchema>;
  /** JSON, or "" for none. */
  readonly options: string;
  readonly globalOptions: string;
}

/** Writes what was analysed as sqlc writes it to its plugins, with PostgreSQL's word for types and ours for what can be NULL. */
export async function requestOf(source: RequestSource): Promise<GenerateRequest> {
  const { set, declared, settings, options, globalOptions } = source;
  const queries = await Promise.all(set.queries.map((query) => queryOf(query, set.catalog, declared)));
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  return create(GenerateRequestSchema, {
    settings,
    catalog: catalogOf(source),
    queries,
    sqlcVersion: SQLC_VERSION,
    pluginOptions: bytes(options),
    globalOptions: bytes(globalOptions),
  });
}

function catalogOf({ set, declared, system }: RequestSource): MessageInitShape<typeof CatalogSchema> {
  const { catalog } = set;
  const types = [...catalog.types.values()].filter(({ schema }) => !SYSTEM.has(schema));
  const named = [...catalog.relations, ...types].map(({ schema }) => schema);
  const comments = new Map(declared.schemas.map(({ name, comment }) => [name, comment]));
  const own = new Set([...comments.keys(), ...named].filter((name) => name !== DEFAULT_SCHEMA));
  const schemaOf = (name: string): MessageInitShape<typeof SchemaSchema> => ({
    name,
    comment: comments.get(name) ?? "",
    tables: catalog.relations
      .filter(({ schema }) => schema === name)
      .map((relation) => tableOf(relation, catalog, declared)),
    enums: types.flatMap((type) =>
      type.kind === "enum" && type.schema === name
        ? [{ name: type.name, vals: [...type.labels], comment: type.comment ?? "" }]
        : [],
    ),
    compositeTypes: types.flatMap((type) =>
      type.kind === "composite" && type.standalone && type.schema === name
        ? [{ name: type.name, comment: type.comment ?? "" }]
        : [],
    ),
  });
  return {
    defaultSchema: DEFAULT_SCHEMA,
    schemas: [
      schemaOf(DEFAULT_SCHEMA),
      { name: "pg_temp" },
      ...systemSchemas(system),
      ...[...own].map(schemaOf),
    ],
  };
}

const SYSTEM = new Set(["pg_catalog", "information_schema"]);

function systemSchemas(system: readonly SystemRelation[]): MessageInitShape<typeof SchemaSchema>[] {
  if (system.length === 0) return [];
  return [...SYSTEM].map((name) => ({
    name,
    tables: system
      .filter(({ schema }) => schema === name)
      .map((relation) => {
        const rel = { catalog: "pg_catalog", schema: name, name: relation.name };
        const columns = relation.columns.map(([column, type, length, isNotNull]) => ({
          name: column,
          type: { name: type },
          notNull: isNotNull,
          isArray: type.startsWith("_"),
          length,
          table: rel,
        }));
        return { rel, columns };
      }),
  }));
}

function tableOf({ schema, name, columns, comment }: Relation, catalog: Catalog, declared: Declared) {
  const rel = { schema: declared.schemaOf(schema, name), name };
  return {
    rel,
    comment: comment ?? "",
    columns: columns.map((column) => ({
      name: column.name,
      notNull: !column.nullable,
      comment: column.comment ?? "",
      ...typeFields(nameOfColumnType(catalog, column.type, declared.columnType(schema, name, column.name))),
      length: -1,
      table: rel,
    })),
  };
}

async function queryOf(
  query: Query,
  catalog: Catalog,
  declared: Declared,
): Promise<MessageInitShape<typeof QuerySchema>> {
  const written = await readWritten(query.sql.text);
  const embeds = query.embeds.filter(({ relation }) => relation !== null);
  const isWhole = written.outputs.length === query.columns.length;
  const columns = query.columns.flatMap((column, i) => {
    const embed = embeds.find(({ start, length }) => start <= i && i < start + length);
    if (embed !== undefined) return embed.start === i ? [embedOf(embed, catalog, declared)] : [];
    const output = isWhole ? written.outputs[i] : undefined;
    return [columnOf(column, output, written.qualified, catalog, declared)];
  });
  return {
    text: query.sql.text,
    name: query.name,
    cmd: query.command,
    columns,
    params: query.params.map((param) => ({
      number: param.number,
      column: paramOf(param, query.params, written, catalog, declared),
    })),
    comments: query.comments.map((line) => (line === "" ? "" : ` ${line}`)),
    filename: query.span.file.split("/").at(-1) ?? "",
    ...(written.insertsInto && { insertIntoTable: written.insertsInto }),
  };
}

function embedOf({ relation }: Embed, catalog: Catalog, declared: Declared): ColumnInit {
  const table = catalog.relations.find(({ oid }) => oid === relation);
  const { schema = "", name = "" } = table ?? {};
  return {
    name,
    type: {},
    length: -1,
    embedTable: { schema: declared.schemaOf(schema, name), name },
  };
}

function columnOf(
  column: QueryColumn,
  written: WrittenOutput | undefined,
  qualified: ReadonlySet<string>,
  catalog: Catalog,
  declared: Declared,
): ColumnInit {
  const { origin } = column;
  const isReference = written === undefined || written.column !== null;
  return {
    name: nameOfOutput(column, written),
    notNull: !column.nullable,
    isFuncCall: written?.kind === "FuncCall",
    originalName: isReference ? (written?.column ?? origin?.column ?? "") : "",
    ...typeFields(typeOfOutput(column, written, catalog, declared)),
    length: -1,
    ...(isReference && origin && { table: tableAsRead(origin, qualified) }),
  };
}

function nameOfOutput({ name }: QueryColumn, written: WrittenOutput | undefined): string {
  if (written?.alias == null && written?.name != null) return written.name;
  return name === "?column?" ? "" : name;
}

function typeOfOutput(
  { origin, type }: QueryColumn,
  written: WrittenOutput | undefined,
  catalog: Catalog,
  declared: Declared,
): NamedType {
  if (origin !== null) return nameOfOrigin(origin, type, catalog, declared);
  if (written?.cast) return nameOfColumnType(catalog, type, written.cast);
  if (written?.kind === "CoalesceExpr") return nameOfType(catalog, type);
  const named = nameOfExpressionType(catalog, type);
  // Of what is no function's, sqlc has PostgreSQL's short words.
  const short = written !== undefined && written.kind !== "FuncCall" ? SHORT[named.name] : undefined;
  return short === undefined ? named : { ...named, name: short };
}

const SHORT: Readonly<Record<string, string>> = { integer: "int", boolean: "bool" };

function paramOf(
  param: Param,
  all: readonly Param[],
  written: WrittenQuery,
  catalog: Catalog,
  declared: Declared,
): ColumnInit {
  const { origin, because } = param;
  const cast = written.casts.get(param.number);
  const isNamed = because.name.code === "author-name";
  const type =
    cast !== undefined
      ? nameOfColumnType(catalog, param.type, cast)
      : origin !== null
        ? inOneName(nameOfOrigin(origin, param.type, catalog, declared))
        : param.countsRows
          ? { schema: "", name: "integer", dimensions: 0 }
          : nameOfExpressionType(catalog, param.type);
  const isStored = because.name.code === "stored-name" || because.nullable.code.startsWith("stored-");
  return {
    name: isNamed ? param.name : (written.paramNames.get(param.number) ?? unnumbered(param, all)),
    notNull: !param.nullable,
    isNamedParam: isNamed,
    ...typeFields(type),
    length: -1,
    ...(cast === undefined &&
      origin !== null && {
        originalName: origin.column,
        table: isStored ? { schema: origin.schema, name: origin.table } : tableOfOrigin(origin, declared),
      }),
  };
}

/** Gives the name before one of two that have it in common gave way with `_2`. */
function unnumbered({ name, origin, because }: Param, all: readonly Param[]): string {
  if (because.name.code === "no-name") return "";
  if (origin !== null) return origin.column;
  const before = name.replace(/_\d+$/, "");
  return all.some((other) => other.name === before) ? before : name;
}

/** sqlc writes a parameter's type so where it comes from a column. */
function inOneName({ schema, name, dimensions }: NamedType): NamedType {
  return { schema: "", name: schema === "" ? name : `${schema}.${name}`, dimensions };
}

/** Of a column of a domain the domain: a result says its base type only. */
function nameOfOrigin(
  { schema, table, column }: ColumnOrigin,
  type: Oid,
  catalog: Catalog,
  declared: Declared,
): NamedType {
  const relation = catalog.relations.find((one) => one.schema === schema && one.name === table);
  const own = relation?.columns.find(({ name }) => name === column)?.type;
  return nameOfColumnType(catalog, own ?? type, declared.columnType(schema, table, column));
}

/** The table as the query names it. */
const tableAsRead = ({ schema, table }: ColumnOrigin, qualified: ReadonlySet<string>) => ({
  schema: schema === DEFAULT_SCHEMA && !qualified.has(table) ? "" : schema,
  name: table,
});

const tableOfOrigin = ({ schema, table }: ColumnOrigin, declared: Declared) => ({
  schema: declared.schemaOf(schema, table),
  name: table,
});

const typeFields = ({ schema, name, dimensions }: NamedType) => ({
  type: { schema, name },
  isArray: dimensions > 0,
  arrayDims: dimensions,
});
