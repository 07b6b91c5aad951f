import type { Codec } from "./codec.ts";

/** What is looked for in a row that is sent as JSON. */
export interface RecordField {
  /** Its key, and the property that has it. */
  readonly key: string;
  readonly property: string;
  // biome-ignore lint/suspicious/noExplicitAny: a row has values of many types
  readonly codec: Codec<any>;
  readonly nullable?: true;
  /** Whether it is JSON itself, and not a text that PostgreSQL reads. */
  readonly json?: true;
}

/** What a text of PostgreSQL's cannot hold: U+0000, and half of a pair of surrogates. */
const NO_TEXT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Rows as JSON, of which each value is the text that PostgreSQL itself would read it from: JSON's own numbers would lose digits, and it
 * has no times, bytes, or infinities.
 */
export function records(fields: readonly RecordField[]): Codec<readonly object[]> {
  const one = writeRecord(fields);
  return {
    decode: (t) => JSON.parse(t) as readonly object[],
    encode(rows: unknown) {
      // Of what is no array `Array.from` makes one, of no rows.
      if (!Array.isArray(rows)) throw new TypeError(`not an array of rows: ${nameOfKind(rows)}`);
      return `[${Array.from(rows, (row, i) => one(row, `row ${i}: `)).join(",")}]`;
    },
  };
}

/** The same of one row. */
export function record(fields: readonly RecordField[]): Codec<object> {
  const one = writeRecord(fields);
  return { decode: (t) => JSON.parse(t) as object, encode: (row) => one(row, "") };
}

/** Names the kind of what is not as it should be; its text may hold anything. */
function nameOfKind(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** A field's text; what its codec refuses is refused with the field's place. */
function textOfField(codec: RecordField["codec"], value: unknown, refuse: (reason: string) => never): string {
  try {
    return codec.encode(value);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function writeRecord(fields: readonly RecordField[]): (row: unknown, place: string) => string {
  const keyed = fields.map((field) => ({ ...field, key: `${JSON.stringify(field.key)}:` }));
  return (row, place) => {
    // Without a field that must be there, anything would be a row of NULLs.
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw new TypeError(`${place}not an object: ${nameOfKind(row)}`);
    let written = "";
    for (const { key, property, codec, nullable, json } of keyed) {
      const value = (row as Readonly<Record<string, unknown>>)[property];
      const refuse = (reason: string): never => {
        throw new TypeError(`${place}${JSON.stringify(property)} ${reason}`);
      };
      if (value === null || value === undefined) {
        // What is not there is NULL.
        if (nullable) continue;
        refuse(json && value === null ? "is JSON's null, which would be NULL here" : `is ${value}`);
      }
      const text = textOfField(codec, value, refuse);
      if (json && text === "null") refuse("is JSON's null, which would be NULL here");
      if (!json && NO_TEXT.test(text)) refuse("holds a character that PostgreSQL's texts cannot");
      written += `${written === "" ? "" : ","}${key}${json ? text : JSON.stringify(text)}`;
    }
    return `{${written}}`;
  };
}
