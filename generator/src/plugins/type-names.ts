import type { Catalog, Oid } from "../model/catalog.ts";
import { DEFAULT_SCHEMA, type WrittenType } from "./declared.ts";

/** What a request says of a value's type. */
export interface NamedType {
  readonly schema: string;
  readonly name: string;
  /** 0 for what is no array. */
  readonly dimensions: number;
}

/** Names that the grammar makes of SQL's own (`integer`, `timestamp with time zone`), with the schema that it puts before them. */
const OF_THE_GRAMMAR = new Set(
  (
    "int2 int4 int8 float4 float8 numeric bool varchar bpchar bit varbit timestamp timestamptz time timetz " +
    "interval"
  ).split(" "),
);

/** The other names of a type, by PostgreSQL's: what an author wrote stands for the type only where it is one of these. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  int2: ["smallserial", "serial2"],
  int4: ["serial", "serial4"],
  int8: ["bigserial", "serial8"],
  bpchar: ["char", "character"],
};

/** The type as it stands in a column's definition, without its text: as `integer` and `shop.color[]` are read. */
export function nameOfType({ types }: Catalog, oid: Oid): NamedType {
  const type = types.get(oid);
  if (type === undefined) return { schema: "", name: "any", dimensions: 0 };
  if (type.kind === "array") return { ...nameOfType({ types } as Catalog, type.element), dimensions: 1 };
  const { schema, name } = type;
  const isPlain = schema === DEFAULT_SCHEMA || (schema === "pg_catalog" && !OF_THE_GRAMMAR.has(name));
  return { schema: isPlain ? "" : schema, name, dimensions: 0 };
}

/** Names what the author wrote where the type still is that one, else what PostgreSQL calls it. */
export function nameOfColumnType(catalog: Catalog, oid: Oid, written: WrittenType | null): NamedType {
  const named = nameOfType(catalog, oid);
  if (written === null) return named;
  const isSame = written.name === named.name || WRITTEN_AS[named.name]?.includes(written.name) === true;
  return isSame && written.dimensions > 0 === named.dimensions > 0 ? written : named;
}

/** The type as an expression's: PostgreSQL's words for its own (`bigint`), as sqlc has them of functions. */
export function nameOfExpressionType(catalog: Catalog, oid: Oid): NamedType {
  const type = catalog.types.get(oid);
  const element = type?.kind === "array" ? catalog.types.get(type.element) : type;
  if (type === undefined || element === undefined || element.schema !== "pg_catalog")
    return nameOfType(catalog, oid);
  return { schema: "", name: element.display, dimensions: type.kind === "array" ? 1 : 0 };
}
