import type { Override } from "../config/options/typescript.ts";
import type { PgType } from "../model/catalog.ts";
import type { ColumnOrigin } from "../model/query.ts";

/** What an override can be aimed at. */
export interface Target {
  readonly type: PgType | undefined;
  readonly nullable: boolean;
  readonly origin: ColumnOrigin | null;
  /** The query and the output column or parameter; null in a model. */
  readonly query: string | null;
  readonly name: string;
}

const patterns = new Map<string, RegExp>();

function matches(pattern: string, subject: string): boolean {
  if (!pattern.includes("*")) return pattern === subject;
  let regexp = patterns.get(pattern);
  if (regexp === undefined) {
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
    regexp = new RegExp(`^${source}$`, "s");
    patterns.set(pattern, regexp);
  }
  return regexp.test(subject);
}

function hits(override: Override, target: Target): boolean {
  if (override.db_type !== undefined) {
    const type = target.type;
    if (type === undefined) return false;
    const names = [type.name, `${type.schema}.${type.name}`, type.display];
    if (!names.some((n) => matches(override.db_type as string, n))) return false;
    return override.nullable === undefined || override.nullable === target.nullable;
  }
  if (override.query !== undefined && (target.query === null || !matches(override.query, target.query)))
    return false;
  const subjects: string[] = [];
  if (override.query !== undefined) subjects.push(target.name);
  if (target.query !== null) subjects.push(`${target.query}.${target.name}`);
  const { origin } = target;
  if (origin !== null) {
    subjects.push(`${origin.table}.${origin.column}`, `${origin.schema}.${origin.table}.${origin.column}`);
  }
  return subjects.some((s) => matches(override.column as string, s));
}

/** Tells whether the author says the type. */
export function saysType({ ts_type, schema }: Partial<Override>): boolean {
  return ts_type !== undefined || schema !== undefined;
}

/** Gives what the matching overrides say together; of two that speak of the same, the later one counts. */
export function overrideFor(overrides: readonly Override[], target: Target): Partial<Override> {
  if (overrides.length === 0) return {};
  const merged: Partial<Override> = {};
  for (const override of overrides) {
    if (!hits(override, target)) continue;
    const { nullable, ...rest } = override;
    Object.assign(merged, rest, override.column !== undefined && nullable !== undefined ? { nullable } : {});
  }
  return merged;
}
