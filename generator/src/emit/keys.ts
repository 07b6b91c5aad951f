import type { Override, TypeScriptOptions } from "../config/options/typescript.ts";
import type { Catalog, KeyColumn, Oid, Relation, RelationColumn } from "../model/catalog.ts";
import type { ColumnOrigin } from "../model/query.ts";
import { docComment, type Namer, pascalCase } from "./names.ts";
import { overrideFor, saysType } from "./overrides.ts";
import { singular } from "./singular.ts";

/** The type that the values of a key have wherever they stand. */
export interface KeyType {
  readonly name: string;
  /** What it is a kind of, as a column has it. */
  readonly base: "string" | "number" | "bigint";
  readonly type: Oid;
  readonly key: KeyColumn;
  /** The author's own type of the key's column, in place of a brand. */
  readonly override: Partial<Override> | null;
}

/** The types of keys, by the columns that hold them. */
export class KeyTypes {
  readonly #columns = new Map<string, RelationColumn>();
  readonly #types = new Map<string, KeyType>();

  constructor({ relations }: Catalog) {
    for (const relation of relations)
      for (const column of relation.columns) this.#columns.set(nameOf(relation, column.name), column);
  }

  /** The brands, in the order of their tables. */
  get brands(): readonly KeyType[] {
    return [...this.#types.values()].filter(({ override }) => override === null);
  }

  /** Gives the brands that a type of the author's names. */
  brandsIn(type: string): readonly string[] {
    const words = new Set(type.match(/[\w$]+/g));
    return this.brands.map(({ name }) => name).filter((name) => words.has(name));
  }

  column(origin: ColumnOrigin): RelationColumn | undefined {
    return this.#columns.get(`${origin.schema}\0${origin.table}\0${origin.column}`);
  }

  add(type: KeyType): void {
    this.#types.set(`${type.key.schema}\0${type.key.table}\0${type.key.column}`, type);
  }

  /** Gives the type of the key that a column holds, whose values are of the same PostgreSQL type; null where it holds none. */
  of(origin: ColumnOrigin | null): KeyType | null {
    const key = origin && this.column(origin)?.key;
    return (key && this.#types.get(`${key.schema}\0${key.table}\0${key.column}`)) ?? null;
  }
}

const nameOf = ({ schema, name }: Relation, column: string): string => `${schema}\0${name}\0${column}`;

/**
 * Names the types of all keys that have one.
 * @param baseOf what the column is in TypeScript, but for its being a key
 */
export function nameKeys(
  keys: KeyTypes,
  { relations, types }: Catalog,
  options: TypeScriptOptions,
  namer: Namer,
  baseOf: (column: RelationColumn) => string,
): void {
  if (!options.brand_keys) return;
  for (const relation of relations) {
    for (const column of relation.columns) {
      const { key } = column;
      if (key?.schema !== relation.schema || key.table !== relation.name || key.column !== column.name)
        continue;
      const base = baseOf(column);
      if (base !== "string" && base !== "number" && base !== "bigint") continue;
      const own = overrideFor(options.overrides, {
        type: types.get(column.type),
        nullable: column.nullable,
        origin: key,
        query: null,
        name: column.name,
      });
      const { ts_type, schema, check, decode, encode } = own;
      const isOverridden = saysType(own) || decode !== undefined || encode !== undefined;
      const override = isOverridden
        ? {
            ...(ts_type !== undefined && { ts_type }),
            ...(schema && { schema, check }),
            ...(decode && { decode }),
            ...(encode && { encode }),
          }
        : null;
      const name = override ? "" : takeName(namer, brandName(relation, column, options));
      keys.add({ name, base, type: column.type, key, override });
    }
  }
}

/** `UserId` of `users.id`, and of `users.user_id` too. */
function brandName(
  { schema, name }: Relation,
  column: RelationColumn,
  { rename }: TypeScriptOptions,
): string {
  const table = Object.hasOwn(rename, name) ? rename[name]! : singular(name);
  const model = pascalCase(schema === "public" ? table : `${schema}_${table}`);
  const own = pascalCase(column.name);
  return own.startsWith(pascalCase(table)) ? own : `${model}${own}`;
}

function takeName(namer: Namer, name: string): string {
  return namer.take(namer.has(name) ? `${name}Key` : name);
}

/**
 * Writes the declarations of the brands. Each is known by its name, not by the file that it stands in: one package's ES and CommonJS
 * declarations are two files, and an application may have a copy of its own.
 */
export function writeKeys(keys: KeyTypes): string {
  if (keys.brands.length === 0) return "";
  const types = keys.brands.map(
    ({ name, base, key }) =>
      `${docComment([`A value of \`${key.table}.${key.column}\`, wherever it stands.`])}` +
      `export type ${name} = ${base} & { readonly "~key": ${JSON.stringify(name)} };\n`,
  );
  return types.join("\n");
}
