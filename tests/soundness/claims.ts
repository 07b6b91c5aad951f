import type { JsonItem, JsonShape, Query } from "../../generator/src/model/query.ts";

/** What the number of rows says against the analysis; null where it keeps the promise. */
export function brokenCount({ rows }: Query, count: number): string | null {
  if (rows.atLeastOne && count === 0) return `no row, against ${rows.because.atLeastOne.code}`;
  if (rows.atMostOne && count > 1) return `${count} rows, against ${rows.because.atMostOne.code}`;
  return null;
}

/** What a row, JSON values as text, says against the types that the analysis gave; null where it keeps all promises. */
export function brokenClaim(query: Query, row: readonly unknown[]): string | null {
  for (const [i, column] of query.columns.entries()) {
    const value = row[i];
    if (value === null) {
      if (!column.nullable) return `${column.name} is null`;
      continue;
    }
    if (column.values && !column.values.includes(String(value))) return `${column.name} is ${String(value)}`;
    if (!column.elementsNullable && Array.isArray(value) && value.flat(9).includes(null)) {
      return `${column.name} has a null element`;
    }
    // Of an array, in which they are texts too, it is that of each element.
    const texts = column.shape ? (Array.isArray(value) ? value.flat(9) : [value]) : [];
    const shaped = firstOf(
      texts.map((text) =>
        text === null || column.shape === null
          ? null
          : brokenShape(column.shape, JSON.parse(String(text)), column.name),
      ),
    );
    if (shaped) return shaped;
  }
  return null;
}

function brokenShape(shape: JsonShape, value: unknown, path: string): string | null {
  switch (shape.kind) {
    case "unknown":
      return null;
    case "null":
      return value === null ? null : `${path} is no null`;
    case "scalar":
      return shape.values && !shape.values.includes(String(value)) ? `${path} is ${String(value)}` : null;
    case "union": {
      const reasons = shape.members.map((member) => brokenShape(member, value, path));
      return reasons.includes(null) ? null : reasons.join("; ") || `${path} is nothing that its type has`;
    }
    case "array":
    case "tuple": {
      if (!Array.isArray(value)) return `${path} is no array`;
      if (shape.kind === "tuple" && value.length !== shape.items.length)
        return `${path} has ${value.length} items`;
      return firstOf(
        (value as unknown[]).map((item, i) => {
          const place =
            shape.kind === "tuple"
              ? shape.items[i]!
              : { shape: shape.element, nullable: shape.elementNullable };
          return brokenPlace(place, item, `${path}[]`);
        }),
      );
    }
    case "map":
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is no object`;
      const members = Object.entries(value);
      if (shape.kind === "map") {
        const place = { shape: shape.value, nullable: shape.valueNullable };
        return firstOf(members.map(([name, inner]) => brokenPlace(place, inner, `${path}.${name}`)));
      }
      const surplus = members.find(([name]) => shape.fields.every((field) => field.name !== name));
      if (surplus) return `${path} has ${surplus[0]}`;
      return firstOf(
        shape.fields.map((field) => {
          const own = members.find(([name]) => name === field.name);
          if (!own) return field.optional ? null : `${path}.${field.name} is missing`;
          return brokenPlace(field, own[1], `${path}.${field.name}`);
        }),
      );
    }
  }
}

function brokenPlace(place: JsonItem, value: unknown, path: string): string | null {
  if (value === null && place.nullable) return null;
  // A null that no member of its shape is.
  if (value === null && place.shape.kind === "scalar") return `${path} is null`;
  return brokenShape(place.shape, value, path);
}

const firstOf = (reasons: readonly (string | null)[]): string | null =>
  reasons.find((reason) => reason !== null) ?? null;
