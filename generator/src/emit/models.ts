import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Catalog, CompositeType, Oid, PgType, Relation } from "../model/catalog.ts";
import { asDeclared, type Field, Fields } from "./fields.ts";
import { Imports } from "./imports.ts";
import { KeyTypes, nameKeys, writeKeys } from "./keys.ts";
import type { TypeContext } from "./mapped.ts";
import { docComment, literalKey, type Namer, pascalCase, pure } from "./names.ts";
import { singular } from "./singular.ts";
import { commentOverrides, passedOnOverrides, withoutTypeTag } from "./stored-json.ts";
import { mapType } from "./types.ts";

/** A relation's interface: what a row or an embed is compared with. */
export interface Model {
  readonly name: string;
  readonly relation: Relation;
  readonly fields: readonly Field[];
}

export interface Models {
  readonly context: TypeContext;
  readonly byRelation: ReadonlyMap<Oid, Model>;
  /** Any relation, partitions too. */
  relation(name: { readonly schema: string; readonly table: string }): Relation | undefined;
}

function modelName(schema: string, name: string, options: TypeScriptOptions): string {
  const renamed = Object.hasOwn(options.rename, name) ? options.rename[name] : undefined;
  return renamed ?? pascalCase(schema === "public" ? name : `${schema}_${name}`);
}

const lowerFirst = (t: string): string => t.charAt(0).toLowerCase() + t.slice(1);
const isSystem = (type: PgType): boolean =>
  type.schema === "pg_catalog" || type.schema === "information_schema";

/** Names everything that gets a type of its own, tables first. */
export function nameModels(catalog: Catalog, options: TypeScriptOptions, namer: Namer): Models {
  const relations = catalog.relations.filter((r) => r.partitionOf === null);
  const relationNames = new Map<Oid, string>();
  for (const r of relations) {
    const renamed = Object.hasOwn(options.rename, r.name);
    relationNames.set(
      r.oid,
      takeType(namer, modelName(r.schema, renamed ? r.name : singular(r.name), options)),
    );
  }
  const names = new Map<Oid, { type: string; codec: string }>();
  for (const type of catalog.types.values()) {
    if (isSystem(type)) continue;
    if (type.kind !== "enum" && type.kind !== "domain" && type.kind !== "composite") continue;
    const row = type.kind === "composite" && !type.standalone;
    const wanted = modelName(type.schema, row ? singular(type.name) : type.name, options);
    const name = takeType(namer, row ? `${wanted}Record` : wanted);
    names.set(type.oid, {
      type: name,
      codec: namer.take(`${lowerFirst(name)}${type.kind === "enum" ? "Values" : "Codec"}`),
    });
  }
  const keys = new KeyTypes(catalog);
  const overrides = [
    ...commentOverrides(catalog),
    ...passedOnOverrides(catalog, options.overrides),
    ...options.overrides,
  ];
  const byRelation = new Map<Oid, Model>();
  const context: TypeContext = {
    catalog,
    options: { ...options, overrides },
    names,
    keys,
    models: byRelation,
  };
  nameKeys(keys, catalog, options, namer, (column) => mapType(context, column.type).type);
  for (const relation of relations) {
    let fields: readonly Field[] | null = null;
    byRelation.set(relation.oid, {
      name: relationNames.get(relation.oid)!,
      relation,
      // Where the module of models stays as it was, hardly a query asks for them.
      get fields() {
        fields ??= fieldsOf(context, relation);
        return fields;
      },
    });
  }
  const byName = new Map(catalog.relations.map((r) => [`${r.schema}\0${r.name}`, r]));
  return { context, byRelation, relation: ({ schema, table }) => byName.get(`${schema}\0${table}`) };
}

function fieldsOf(context: TypeContext, relation: Relation): readonly Field[] {
  const fields = new Fields(context, null);
  for (const c of relation.columns) {
    fields.add(
      {
        ...c,
        elementsNullable: true,
        dimensions: null,
        shape: null,
        origin: { schema: relation.schema, table: relation.name, column: c.name },
      },
      withoutTypeTag(c.comment),
    );
  }
  return fields.list;
}

function takeType(namer: Namer, name: string): string {
  return namer.take(namer.has(name) ? `${name}Model` : name);
}

export function writeModels({ context, byRelation }: Models): string {
  const imports = new Imports(context.options, true);
  const parts: string[] = context.keys.brands.length > 0 ? [writeKeys(context.keys)] : [];
  for (const type of context.catalog.types.values()) {
    const named = context.names.get(type.oid);
    if (named === undefined) continue;
    const doc = docComment(type.comment === null ? [] : [type.comment]);
    if (type.kind === "enum") {
      const labels = type.labels.map((l) => JSON.stringify(l));
      parts.push(
        `${doc}export type ${named.type} = ${labels.join(" | ") || "never"};\n` +
          `export const ${named.codec} = [${labels.join(", ")}] as const;\n`,
      );
    } else if (type.kind === "domain") {
      const mapped = mapType({ ...context, names: without(context.names, type.oid) }, type.oid);
      imports.add(mapped);
      parts.push(`${doc}export type ${named.type} = ${mapped.type};\n`);
    }
  }
  for (const { name, relation, fields } of byRelation.values()) {
    for (const f of fields) imports.addType(f.mapped);
    parts.push(
      docComment(relation.comment === null ? [] : [relation.comment]) + writeInterface(name, fields),
    );
  }
  const written = new Set<Oid>();
  const composite = (type: CompositeType): void => {
    if (written.has(type.oid)) return;
    written.add(type.oid);
    forEachComposite(context.catalog, type, composite);
    const named = context.names.get(type.oid);
    if (named === undefined) return;
    const fields = new Fields(context, null);
    for (const a of type.attributes) {
      fields.add(asDeclared(a), a.comment);
    }
    for (const f of fields.list) imports.add(f.mapped);
    imports.useCodec();
    const entries = fields.list
      .map((f) => `  [${JSON.stringify(f.property)}, ${f.mapped.codec}],\n`)
      .join("");
    parts.push(
      `${docComment(type.comment === null ? [] : [type.comment])}${writeInterface(named.type, fields.list)}` +
        `export const ${named.codec}: codec.Codec<${named.type}> = ${pure(`codec.composite<${named.type}>([\n${entries}])`)};\n`,
    );
  };
  for (const type of context.catalog.types.values()) if (type.kind === "composite") composite(type);
  const body = parts.join("\n");
  if (/\bcodec\./.test(body)) imports.useCodec();
  return `${imports.write()}${body === "" ? "export {};\n" : body}`;
}

/** A composite's codec stands on those of its attributes, which must come first. */
function forEachComposite(catalog: Catalog, type: CompositeType, visit: (t: CompositeType) => void): void {
  const follow = (oid: Oid): void => {
    const t = catalog.types.get(oid);
    if (t === undefined) return;
    if (t.kind === "composite") visit(t);
    else if (t.kind === "array") follow(t.element);
    else if (t.kind === "domain") follow(t.base);
    else if (t.kind === "range" || t.kind === "multirange") follow(t.subtype);
  };
  for (const a of type.attributes) follow(a.type);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

export function writeInterface(name: string, fields: readonly Field[]): string {
  const lines = fields.map(
    (f) =>
      `${docComment(f.comment === null ? [] : [f.comment], "  ")}  ${literalKey(f.property)}: ${f.type};\n`,
  );
  return `export interface ${name} {\n${lines.join("")}}\n`;
}
