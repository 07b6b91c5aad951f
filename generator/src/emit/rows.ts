import type { Column, Embed, Query } from "../model/query.ts";
import { describeReason } from "../model/reason.ts";
import { type Field, Fields, isSameRow } from "./fields.ts";
import type { Imports } from "./imports.ts";
import { type Mapped, orNull, type TypeContext } from "./mapped.ts";
import type { Model, Models } from "./models.ts";
import { docComment, literalKey, pure, whyOf } from "./names.ts";
import { withoutTypeTag } from "./stored-json.ts";

/** A query's result as TypeScript: the type's body and the expression that reads it from `row`. */
export interface RowCode {
  /** A model that is exactly the same, or null. */
  readonly model: Model | null;
  /** The members of the interface. */
  readonly members: string;
  readonly expression: string;
  /** The property of each column; null for one that is part of an embed. */
  readonly properties: readonly (string | null)[];
  /** Whether that calls what is the application's. */
  readonly readsByOwn: boolean;
}

/** Gives every complex codec of a module one constant. */
export class Constants {
  readonly #byCode = new Map<string, string>();

  name(code: string): string {
    if (/^(codec\.\w+|[\w$]+)$/.test(code)) return code;
    let name = this.#byCode.get(code);
    if (name === undefined) {
      name = `codec_${this.#byCode.size + 1}`;
      this.#byCode.set(code, name);
    }
    return name;
  }

  write(): string {
    return [...this.#byCode].map(([code, name]) => `const ${name} = ${pure(code)};\n`).join("");
  }
}

/**
 * The expression for one column. Each form checks that the client gave PostgreSQL's text, and NULL only where it may be: a
 * column that lost its NOT NULL, or a driver that decodes by itself, is an error that names query and column.
 */
function readColumn(field: Field, index: number, query: string, constants: Constants): string {
  const value = `row[${index}]`;
  const { mapped, nullable } = field;
  if (mapped.inline === "void") return "undefined";
  const place = `${JSON.stringify(query)}, ${JSON.stringify(field.sqlName)}`;
  if (mapped.inline === "text") return `codec.${nullable ? "cellOrNull" : "cell"}(${value}, ${place})`;
  const read = {
    boolean: () => `codec.boolean(${value}, ${place})`,
    number: () => {
      const number = `Number(codec.cell(${value}, ${place}))`;
      return mapped.type === "number" ? number : `${number} as ${mapped.type}`;
    },
    codec: () => `codec.decode(${value}, ${constants.name(mapped.codec)}, ${place})`,
  }[mapped.inline ?? "codec"]();
  return nullable ? `${value} === null ? null : ${read}` : read;
}

function columnsOf({ columns }: Query, { start, length }: Embed): readonly Column[] {
  return columns.slice(start, start + length);
}

function embedRow(
  models: Models,
  query: Query,
  embed: Embed,
  imports: Imports,
  constants: Constants,
): { type: string; expression: string; read: readonly Mapped[] } {
  const { context } = models;
  const columns = columnsOf(query, embed);
  const model = embed.relation === null ? undefined : models.byRelation.get(embed.relation);
  const relation = context.catalog.relations.find((r) => r.oid === embed.relation);
  const fields = new Fields(context, query.name);
  columns.forEach((column, i) => {
    // Where the row is there at all, its columns are as its table says.
    const stored = embed.nullable
      ? relation?.columns.find((c) => c.name === (column.origin?.column ?? ""))
      : undefined;
    const presence = embed.nullable && embed.presence === embed.start + i;
    fields.add({ ...column, nullable: presence ? false : (stored?.nullable ?? column.nullable) });
  });
  let type: string;
  if (model !== undefined && isSameRow(model, columns, fields.list)) {
    type = model.name;
    imports.name({ name: type, from: null, value: false });
  } else {
    type = `{ ${fields.list.map((f) => `${literalKey(f.property)}: ${f.type}`).join("; ")} }`;
  }
  for (const f of fields.list) imports.add(f.mapped);
  const items = fields.list.map(
    (f, i) => `      ${literalKey(f.property)}: ${readColumn(f, embed.start + i, query.name, constants)},\n`,
  );
  const object = `{\n${items.join("")}    }`;
  const read = fields.list.map((f) => f.mapped);
  if (!embed.nullable) return { type, expression: object, read };
  const missing =
    embed.presence === null
      ? columns.map((_, i) => `row[${embed.start + i}] === null`).join(" && ")
      : `row[${embed.presence}] === null`;
  return { type: orNull(type), expression: `${missing || "true"} ? null : ${object}`, read };
}

/** Tells whether reading it may call what is the application's, which a codec of the models module may where anything does. */
function mayCallOwn({ codec, imports }: Mapped, { overrides }: TypeContext["options"]): boolean {
  const isAnyOwn = overrides.some(({ decode, check = "none" }) => decode !== undefined || check !== "none");
  return (
    imports.some(({ value, from }) => value && (from !== null || isAnyOwn)) ||
    /\{ decode:|\bcodec\.checked/.test(codec)
  );
}

export function rowCode(models: Models, query: Query, imports: Imports, constants: Constants): RowCode {
  const context: TypeContext = models.context;
  const fields = new Fields(context, query.name);
  const members: string[] = [];
  const items: string[] = [];
  const properties: (string | null)[] = [];
  const read: Mapped[] = [];
  for (let i = 0; i < query.columns.length; ) {
    const embed = query.embeds.find((e) => e.start === i && e.length > 0);
    if (embed !== undefined) {
      const property = fields.take(embed.name);
      const { type, expression, read: parts } = embedRow(models, query, embed, imports, constants);
      read.push(...parts);
      members.push(`  ${literalKey(property)}: ${type};\n`);
      items.push(`    ${literalKey(property)}: ${expression},\n`);
      properties.push(...columnsOf(query, embed).map(() => null));
      i += embed.length;
      continue;
    }
    const column = query.columns[i]!;
    const comment = commentOf(models, column);
    const field = fields.add(column, comment);
    imports.add(field.mapped);
    read.push(field.mapped);
    const lines = comment === null ? [] : [comment];
    if (context.options.explain_types) lines.push(whyOf(describeReason(column.because)));
    members.push(`${docComment(lines, "  ")}  ${literalKey(field.property)}: ${field.type};\n`);
    items.push(`    ${literalKey(field.property)}: ${readColumn(field, i, query.name, constants)},\n`);
    properties.push(field.property);
    i++;
  }
  const expression = items.length === 0 ? "{}" : `{\n${items.join("")}  }`;
  const model =
    // The fields of a model say nothing of this query.
    query.embeds.length > 0 || context.options.explain_types
      ? undefined
      : [...models.byRelation.values()].find((m) => isSameRow(m, query.columns, fields.list));
  if (model !== undefined) imports.name({ name: model.name, from: null, value: false });
  const readsByOwn = read.some((mapped) => mayCallOwn(mapped, context.options));
  return { model: model ?? null, members: members.join(""), expression, properties, readsByOwn };
}

function commentOf(models: Models, { origin }: Column): string | null {
  if (origin === null) return null;
  return withoutTypeTag(
    models.relation(origin)?.columns.find((c) => c.name === origin.column)?.comment ?? null,
  );
}
