import type { Attribute, Oid } from "../model/catalog.ts";
import type { Column, RowAttribute } from "../model/query.ts";
import { type Mapped, type NamedRow, orNull, type TypeContext, withPattern } from "./mapped.ts";
import { literalKey, Namer, propertyName } from "./names.ts";
import { overrideFor, saysType } from "./overrides.ts";
import { withKey, withOverride } from "./own-types.ts";
import { arrayMapped, mapType } from "./types.ts";

/** One property of an interface. */
export interface Field {
  readonly property: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly mapped: Mapped;
  readonly sqlName: string;
  readonly comment: string | null;
}

export type FieldSource = RowAttribute;

/** PostgreSQL describes a result column of a domain type as the domain's base; its table still says the domain. */
function declaredType({ catalog, keys }: TypeContext, { type, origin }: FieldSource): Oid {
  if (origin === null) return type;
  const declared = keys.column(origin)?.type ?? type;
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
  const isOwn = saysType(override);
  const shape = isOwn ? null : column.shape;
  const row =
    isOwn || !column.attributes ? null : rowMapped(context, column.arrayOf ?? oid, column.attributes);
  const details = {
    values,
    elementsNullable,
    shape,
    row,
    ...(dimensions === undefined ? {} : { dimensions }),
  };
  const plain =
    column.arrayOf === undefined
      ? mapType(context, oid, details)
      : arrayMapped(context, column.arrayOf, details);
  const key = isOwn ? null : context.keys.of(column.origin);
  const pattern = isOwn || !column.origin ? undefined : context.keys.column(column.origin)?.pattern;
  const mapped = withOverride(withPattern(withKey(plain, oid, key), pattern), override, context.keys);
  return { mapped, nullable, type: nullable && mapped.inline !== "void" ? orNull(mapped.type) : mapped.type };
}

/** Rows of which the attributes are known: those of a table as its model, others by their type's name or by what they have. */
function rowMapped(context: TypeContext, oid: Oid, attributes: readonly RowAttribute[]): Mapped {
  const fields = new Fields(context, null);
  for (const attribute of attributes) fields.add(attribute);
  const [first] = attributes;
  const relation =
    first?.origin &&
    context.catalog.relations.find((r) => r.name === first.origin?.table && r.schema === first.origin.schema);
  const model = relation && context.models.get(relation.oid);
  const isModel = model !== undefined && model !== null && isSameRow(model, attributes, fields.list);
  const named = isModel ? null : namedRow(context, oid, fields.list);
  if (named) return named;
  const members = fields.list.map(({ property, type }) => `${literalKey(property)}: ${type}`);
  const type = isModel
    ? model.name
    : members.length === 0
      ? "Record<string, never>"
      : `{ ${members.join("; ")} }`;
  const codecs = fields.list.map(
    ({ property, mapped, nullable }) =>
      `  [${JSON.stringify(property)}, ${mapped.codec}${nullable ? "" : ", true"}],\n`,
  );
  return {
    type,
    codec: `codec.composite<${type}>([\n${codecs.join("")}])`,
    inline: null,
    passthrough: false,
    imports: [
      ...(isModel ? [{ name: type, from: null, value: false }] : []),
      ...fields.list.flatMap(({ mapped }) => mapped.imports.filter(({ value }) => value || !isModel)),
    ],
  };
}

/** The type of a composite, where no more is known of the rows than it says. */
function namedRow(context: TypeContext, oid: Oid, fields: readonly Field[]): Mapped | null {
  const { types } = context.catalog;
  let type = types.get(oid);
  while (type?.kind === "domain" || type?.kind === "array")
    type = types.get(type.kind === "domain" ? type.base : type.element);
  if (type?.kind !== "composite") return null;
  const declared = new Fields(context, null);
  for (const attribute of type.attributes) declared.add(asDeclared(attribute));
  const isSame = declared.list.every(
    (field, i) => field.property === fields[i]?.property && field.type === fields[i].type,
  );
  return isSame ? mapType(context, type.oid) : null;
}

/** An attribute of which its type alone is known. */
export function asDeclared({ name, type }: Attribute): RowAttribute {
  return {
    name,
    type,
    nullable: true,
    elementsNullable: true,
    dimensions: null,
    shape: null,
    values: null,
    origin: null,
  };
}

/** Tells whether rows are those of a table, each attribute as it is stored. */
export function isSameRow(
  model: NamedRow,
  columns: readonly Pick<Column, "origin">[],
  fields: readonly Field[],
): boolean {
  const { schema, name, columns: stored } = model.relation;
  const isStored = ({ origin }: Pick<Column, "origin">, i: number): boolean =>
    origin?.schema === schema && origin.table === name && origin.column === stored[i]?.name;
  // Its fields are made when they are first asked for.
  if (columns.length !== stored.length || !columns.every(isStored)) return false;
  return model.fields.every((own, i) => own.property === fields[i]?.property && own.type === fields[i].type);
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
