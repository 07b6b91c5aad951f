import type { JsonShape, Query } from "../../generator/src/model/query.ts";

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
    const shaped = column.shape ? brokenShape(column.shape, JSON.parse(String(value)), column.name) : null;
    if (shaped) return shaped;
  }
  return null;
}

function brokenShape(shape: JsonShape, value: unknown, path: string): string | null {
  switch (shape.kind) {
    case "unknown":
      return null;
    case "scalar":
      return shape.values && !shape.values.includes(String(value)) ? `${path} is ${String(value)}` : null;
    case "array":
      if (!Array.isArray(value)) return `${path} is no array`;
      for (const element of value as unknown[]) {
        const broken =
          element === null
            ? shape.elementNullable || shape.element.kind === "unknown"
              ? null
              : `${path}[] is null`
            : brokenShape(shape.element, element, `${path}[]`);
        if (broken) return broken;
      }
      return null;
    case "object":
      if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is no object`;
      for (const field of shape.fields) {
        const inner = (value as Record<string, unknown>)[field.name];
        if (inner === undefined) return `${path}.${field.name} is missing`;
        const broken =
          inner === null
            ? field.nullable || field.shape.kind === "unknown"
              ? null
              : `${path}.${field.name} is null`
            : brokenShape(field.shape, inner, `${path}.${field.name}`);
        if (broken) return broken;
      }
      return null;
  }
}
