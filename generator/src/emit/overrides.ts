import type { Override } from "../config/options/typescript.ts";
import type { PgType } from "../model/catalog.ts";
import { once } from "../model/once.ts";
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

/** By pattern, what stands between its stars. */
const patterns = new Map<string, readonly string[]>();

function matches(pattern: string, subject: string): boolean {
  const parts = once(patterns, pattern, () => pattern.split("*"));
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return first === subject;
  if (!subject.startsWith(first) || !subject.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = subject.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= subject.length - last.length;
}

function hits(override: Override, target: Target, subjects: readonly string[]): boolean {
  if (override.db_type !== undefined) {
    const type = target.type;
    if (type === undefined) return false;
    const names = [type.name, `${type.schema}.${type.name}`, type.display];
    if (!names.some((n) => matches(override.db_type as string, n))) return false;
    return override.nullable === undefined || override.nullable === target.nullable;
  }
  if (override.query !== undefined && (target.query === null || !matches(override.query, target.query)))
    return false;
  const column = override.column as string;
  return (
    (override.query !== undefined && matches(column, target.name)) ||
    subjects.some((subject) => matches(column, subject))
  );
}

/** Lists what the column of an override may name. */
function subjectsOf({ origin, query, name }: Target): readonly string[] {
  const subjects = query === null ? [] : [`${query}.${name}`];
  if (origin !== null) {
    const own = `${origin.table}.${origin.column}`;
    subjects.push(own, `${origin.schema}.${own}`);
  }
  return subjects;
}

/** Tells whether the author says the type. */
export function saysType({ ts_type, schema }: Partial<Override>): boolean {
  return ts_type !== undefined || schema !== undefined;
}

/** Gives what the matching overrides say together; of two that speak of the same, the later one counts. */
export function overrideFor(overrides: readonly Override[], target: Target): Partial<Override> {
  if (overrides.length === 0) return {};
  const merged: Partial<Override> = {};
  const subjects = subjectsOf(target);
  for (const override of overrides) {
    if (!hits(override, target, subjects)) continue;
    const { nullable, ...rest } = override;
    Object.assign(merged, rest, override.column !== undefined && nullable !== undefined ? { nullable } : {});
  }
  return merged;
}
