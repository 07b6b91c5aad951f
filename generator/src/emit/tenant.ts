import { FACADE_MEMBERS } from "../config/options/facade-members.ts";
import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { once } from "../model/once.ts";
import type { Param, Query } from "../model/query.ts";
import type { Imports } from "./imports.ts";
import type { Mapped, TypeContext } from "./mapped.ts";
import { camelCase, isIdentifier, literalKey, upperFirst } from "./names.ts";
import { paramProperties, paramType } from "./params.ts";
import type { QueryNames } from "./writing.ts";

export type TenantOptions = NonNullable<TypeScriptOptions["tenant"]>;

/** A group of queries, as the facade has it. */
export interface QueryGroup {
  readonly name: string;
  readonly queries: readonly (readonly [Query, QueryNames])[];
}

/** The method that gives a tenant's scope: `workspace` of `workspace_id`, `clientScope` of `client_id`, unless it is named. */
export function scopeMethod({ method, column }: TenantOptions): string {
  if (method !== undefined) return method;
  const name = camelCase(column.replace(/_id$/i, ""));
  if (!isIdentifier(name)) return "tenant";
  return FACADE_MEMBERS.includes(name) ? `${name}Scope` : name;
}

/** Gives what the facade has beside the queries where it has scopes. */
export const scopeMembers = (tenant: TenantOptions): string[] => [
  scopeMethod(tenant),
  `current${upperFirst(scopeMethod(tenant))}`,
  "documents",
  "run",
];

/** The types that it exports beside its own: the scope, and a transaction in it. */
export function exportsOfScope(facade: string, tenant: TenantOptions): [scope: string, transaction: string] {
  const name = `${facade}${upperFirst(scopeMethod(tenant))}`;
  return [name, `${name}Transaction`];
}

/** Tells which parameter says whose row it is. Of several it is the one that is named like the column; undefined where none is. */
function tenantParam(context: TypeContext, query: Query, tenant: TenantOptions): Param | undefined {
  if (tenant.except.includes(query.name)) return undefined;
  const keys = query.params.filter((param) => isKey(context, param, tenant));
  return keys.length > 1 ? keys.find(({ name }) => name === tenant.column) : keys[0];
}

interface TenantKey {
  readonly mapped: Mapped;
  /** What the argument is called. */
  readonly property: string;
}

/** What was found in a context, which may serve for several emissions. */
const tenantKeys = new WeakMap<TypeContext, WeakMap<Query, TenantKey | null>>();

/** The argument that says whose row it is; null where none does. */
function tenantKey(context: TypeContext, query: Query, tenant: TenantOptions): TenantKey | null {
  const known = once(tenantKeys, context, () => new WeakMap<Query, TenantKey | null>());
  return once(known, query, () => {
    const param = tenantParam(context, query, tenant);
    if (param === undefined) return null;
    const { mapped } = paramType(context, param, query.name);
    const property = paramProperties(context, query).find(([one]) => one === param)?.[1] ?? param.name;
    return { mapped, property };
  });
}

/** By the column that it meets, and by its name: a page's `before_id` meets the key too. */
function isKey({ catalog }: TypeContext, param: Param, { column, tables }: TenantOptions): boolean {
  const { origin, name, slice, type } = param;
  if (slice || catalog.types.get(type)?.kind === "array") return false;
  if (origin === null) return name === column;
  const key = tables[`${origin.schema}.${origin.table}`] ?? tables[origin.table] ?? column;
  return origin.column === key && (name === key || name === column || name.endsWith(`_${column}`));
}

/** Tells whether its arguments are many. */
const takesRows = ({ command }: Query): boolean => command === ":copyfrom" || command.startsWith(":batch");

/** The declaration of the tenant's keys, and the type of a tenant's id; a diagnostic where there is none. */
export function writeTenant(
  context: TypeContext,
  tenant: TenantOptions,
  groups: readonly QueryGroup[],
  imports: Imports,
  diagnostics: Diagnostic[],
): { readonly declaration: string; readonly id: string } {
  const types = new Set<string>();
  const keys: string[] = [];
  const alone: string[] = [];
  for (const { name, queries } of groups) {
    const entries: string[] = [];
    const lone: string[] = [];
    for (const [query, { fn, stream, orThrow }] of queries) {
      const key = tenantKey(context, query, tenant);
      if (key === null) continue;
      const { mapped, property } = key;
      imports.addType(mapped);
      types.add(mapped.type);
      const beside = query.command === ":many" ? stream : orThrow;
      for (const each of beside === null ? [fn] : [fn, beside]) {
        entries.push(`${literalKey(each)}: ${JSON.stringify(property)}`);
        if (query.params.length === 1 && !takesRows(query)) lone.push(JSON.stringify(each));
      }
    }
    if (entries.length > 0)
      keys.push(`    ${name}: {\n${entries.map((e) => `      ${e},\n`).join("")}    },\n`);
    if (lone.length > 0) alone.push(`    ${name}: [${lone.join(", ")}],\n`);
  }
  if (types.size === 0) diagnostics.push(withoutKey(tenant));
  if ([...types].filter((type) => PRIMITIVES.includes(type)).length > 1)
    diagnostics.push(differing(tenant, types));
  const declaration =
    "/** Which argument of each query says whose row it is; a scope fills it in. */\nconst tenant = {\n" +
    `  method: ${JSON.stringify(scopeMethod(tenant))},\n  setting: ${JSON.stringify(tenant.setting)},\n` +
    (tenant.actor === undefined ? "" : `  actor: ${JSON.stringify(tenant.actor)},\n`) +
    `  keys: {\n${keys.join("")}  },\n  /** Queries that have no other argument. */\n  alone: {\n${alone.join("")}  },\n} as const;\n`;
  return { declaration, id: types.size === 0 ? "string" : [...types].sort().join(" & ") };
}

const PRIMITIVES = ["string", "number", "bigint"];

const differing = ({ column }: TenantOptions, types: ReadonlySet<string>): Diagnostic => ({
  code: "tenant-key-types",
  severity: "error",
  message: `the tenant's key (\`${column}\`) has several types: ${[...types].sort().join(", ")}`,
  hint: "Give the key one type in all tables, or override it where it differs.",
});

const withoutKey = ({ column }: TenantOptions): Diagnostic => ({
  code: "tenant-without-key",
  severity: "error",
  message: `no query has a parameter that is compared with a tenant's key (\`${column}\`)`,
  hint: "Name the column in `tenant.column`, and in `tenant.tables` the tables where it is another.",
});
