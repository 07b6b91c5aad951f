import type { Oid } from "../model/catalog.ts";
import type { Column } from "../model/query.ts";
import { Namer, propertyName } from "./names.ts";
import { overrideFor } from "./overrides.ts";
import { type Mapped, mapType, orNull, type TypeContext, withKey, withOverride } from "./types.ts";

/** One property of an interface. */
export interface Field {
  readonly property: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly mapped: Mapped;
  readonly sqlName: string;
  readonly comment: string | null;
}

export type FieldSource = Omit<Column, "display" | "because">;

/** PostgreSQL describes a result column of a domain type as the domain's base; its table still says the domain. */
function declaredType({ catalog }: TypeContext, { type, origin }: FieldSource): Oid {
  if (origin === null) return type;
  const relation = catalog.relations.find((r) => r.name === origin.table && r.schema === origin.schema);
  const declared = relation?.columns.find((c) => c.name === origin.column)?.type ?? type;
  let base = catalog.types.get(declared);
  while (base?.kind === "domain" && base.oid !== type) base = catalog.types.get(base.base);
  return base?.oid === type ? declared : type;
}

/** The type of one column, overrides applied. */
export function columnType(
  context: TypeContext,
  column: FieldSource,
  query: string | null,
): { mapped: Mapped; nullable: boolean; type: string } {
  const oid = declaredType(context, column);
  const override = overrideFor(context.options.overrides, {
    type: context.catalog.types.get(oid),
    nullable: column.nullable,
    origin: column.origin,
    query,
    name: column.name,
  });
  const nullable = override.nullable ?? column.nullable;
  const { values, elementsNullable } = column;
  const dimensions = override.dimensions ?? column.dimensions ?? undefined;
  // The author's own type says what JSON holds, as it is.
  const shape = override.ts_type === undefined ? column.shape : null;
  const details = { values, elementsNullable, shape, ...(dimensions === undefined ? {} : { dimensions }) };
  const plain = mapType(context, oid, details);
  const key = override.ts_type === undefined ? context.keys.of(column.origin) : null;
  const mapped = withOverride(withKey(plain, oid, key), override, context.keys);
  return { mapped, nullable, type: nullable && mapped.inline !== "void" ? orNull(mapped.type) : mapped.type };
}

/** Collects the properties of one interface, each name once. */
export class Fields {
  readonly list: Field[] = [];
  readonly #context: TypeContext;
  readonly #query: string | null;
  readonly #namer = new Namer();

  constructor(context: TypeContext, query: string | null) {
    this.#context = context;
    this.#query = query;
  }

  take(sqlName: string): string {
    const { property_case, rename } = this.#context.options;
    return this.#namer.take(propertyName(sqlName, property_case, rename));
  }

  add(column: FieldSource, comment: string | null = null): Field {
    const field: Field = {
      ...columnType(this.#context, column, this.#query),
      property: this.take(column.name),
      sqlName: column.name,
      comment,
    };
    this.list.push(field);
    return field;
  }
}
