import type { Override } from "../config/options/typescript.ts";
import type { Oid } from "../model/catalog.ts";
import type { KeyType, KeyTypes } from "./keys.ts";
import type { Import, Mapped } from "./mapped.ts";

/** The type of a key, where the value is one of the column's as it is stored. */
export function withKey(mapped: Mapped, type: Oid, key: KeyType | null): Mapped {
  if (key === null || key.type !== type || (key.override === null && mapped.type !== key.base)) return mapped;
  if (key.override) return withOverride(mapped, key.override);
  const { name } = key;
  return {
    ...mapped,
    type: name,
    codec:
      mapped.inline === "text"
        ? `codec.textOf<${name}>()`
        : `(${mapped.codec} as unknown as codec.Codec<${name}>)`,
    imports: [...mapped.imports, { name, from: null, value: false }],
  };
}

/** The author's own type, decoder and encoder in place of what the table says. The type may name keys. */
export function withOverride(mapped: Mapped, override: Partial<Override>, keys?: KeyTypes): Mapped {
  const { schema, check = "none", ...own } = override;
  if (schema === undefined) return withOwnType(mapped, own, keys);
  const type = `codec.InferOutput<typeof ${schema.name}>`;
  const typed = withOwnType(mapped, { ...own, ts_type: type }, keys);
  const imports = [...typed.imports, schemaImport(schema, false)];
  if (check === "none") return { ...typed, imports };
  return {
    ...typed,
    inline: null,
    passthrough: false,
    codec: `codec.checked<${type}>(${typed.codec}, ${schema.name}, ${JSON.stringify(check)})`,
    imports: [...imports, schemaImport(schema, true)],
    ...(check !== "read" && { isChecked: true }),
  };
}

function withOwnType(mapped: Mapped, override: Partial<Override>, keys?: KeyTypes): Mapped {
  const { ts_type, decode, encode } = override;
  if (ts_type === undefined && decode === undefined && encode === undefined) return mapped;
  const imports: Import[] = ts_type === undefined ? [...mapped.imports] : [];
  let type = mapped.type;
  if (typeof ts_type === "string") {
    type = ts_type;
    for (const name of keys?.brandsIn(type) ?? []) imports.push({ name, from: null, value: false });
  } else if (ts_type !== undefined) {
    type = ts_type.name;
    const from = ts_type.from ?? ts_type.import;
    if (from !== undefined) imports.push({ name: /^[\w$]+/.exec(type)?.[0] ?? type, from, value: false });
  }
  for (const f of [decode, encode]) {
    const from = f?.from ?? f?.import;
    if (f !== undefined && from !== undefined) imports.push({ name: f.name, from, value: true });
  }
  const inner = `(${mapped.codec} as unknown as codec.Codec<${type}>)`;
  if (decode === undefined && encode === undefined) {
    return {
      type,
      inline: mapped.inline === "text" ? "text" : null,
      passthrough: mapped.passthrough,
      codec: inner,
      imports: [...imports, ...mapped.imports.filter((i) => i.value)],
      ...(mapped.isChecked && { isChecked: true }),
    };
  }
  const read =
    decode === undefined
      ? `decode: ${inner}.decode`
      : `decode: (text: string): ${type} => ${decode.name}(text)`;
  const write =
    encode === undefined
      ? `encode: ${inner}.encode`
      : `encode: (value: ${type}): string => ${encode.name}(value)`;
  return {
    type,
    inline: null,
    passthrough: false,
    codec: `{ ${read}, ${write} }`,
    imports: [...imports, ...mapped.imports.filter((i) => i.value)],
  };
}

/** Gives what has to be imported of a schema, which may be a member of what a module exports. */
export function schemaImport(schema: NonNullable<Override["schema"]>, value: boolean): Import {
  const name = /^[\w$]+/.exec(schema.name)?.[0] ?? schema.name;
  return { name, from: schema.from ?? schema.import ?? null, value };
}
