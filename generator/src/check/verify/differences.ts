import type { Catalog, Oid, RelationColumn } from "../../model/catalog.ts";
import type { Column, Param, Query, TablePrivilege } from "../../model/query.ts";
import type { Constraint } from "./constraints.ts";

/** How a query behaves otherwise than its client was generated for. */
export interface Difference {
  readonly code: DifferenceCode;
  /** "breaks": some call fails or delivers what its types exclude. "may": only for some data, or only seen by care. */
  readonly effect: "breaks" | "may";
  /** Continues "GetAuthor: ". */
  readonly message: string;
}

export type DifferenceCode =
  | "verify-broken"
  | "verify-result"
  | "verify-nullability"
  | "verify-parameter"
  | "verify-missing-value"
  | "verify-enum"
  | "verify-constraint"
  | "verify-untried";

/** A schema's facts that queries rely on. */
export interface Facts {
  readonly catalog: Catalog;
  readonly constraints: readonly Constraint[];
}

/** What is different for a client that was generated for `expected` when it meets `actual`. */
export function differences(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  return [
    ...results(expected, on, actual, now),
    ...expected.params.flatMap((param, i) => {
      const other = actual.params[i];
      return other === undefined
        ? [parameter(`$${param.number} (${param.name}) is gone`)]
        : parameters(param, on, other, now);
    }),
    ...writes(expected, on, now),
  ];
}

const parameter = (message: string): Difference => ({ code: "verify-parameter", effect: "breaks", message });

function results(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  const names = (query: Query): string => query.columns.map((column) => column.name).join(", ");
  if (expected.columns.length !== actual.columns.length || names(expected) !== names(actual)) {
    const message = `it returned (${names(expected)}) and now returns (${names(actual)})`;
    return [{ code: "verify-result", effect: "breaks", message }];
  }
  return expected.columns.flatMap((column, i) => resultColumn(column, on, actual.columns[i]!, now));
}

function resultColumn(expected: Column, on: Facts, actual: Column, now: Facts): Difference[] {
  const found: Difference[] = [];
  const { name } = expected;
  if (expected.display !== actual.display) {
    const message = `column ${name} was ${expected.display} and is now ${actual.display}`;
    found.push({ code: "verify-result", effect: "breaks", message });
  } else {
    const added = without(labelsOf(actual, now), labelsOf(expected, on));
    if (added.length > 0) {
      const message = `column ${name} may now be ${list(added)}, which the type of its result does not know`;
      found.push({ code: "verify-enum", effect: "may", message });
    }
  }
  if (!expected.nullable && actual.nullable) {
    found.push({ code: "verify-nullability", effect: "breaks", message: `column ${name} may now be null` });
  } else if (!expected.elementsNullable && actual.elementsNullable) {
    const message = `elements of column ${name} may now be null`;
    found.push({ code: "verify-nullability", effect: "breaks", message });
  }
  return found;
}

function parameters(expected: Param, on: Facts, actual: Param, now: Facts): Difference[] {
  const name = `parameter ${expected.name}`;
  if (expected.display !== actual.display && !widens(expected.display, actual.display)) {
    return [parameter(`${name} was ${expected.display} and is now ${actual.display}`)];
  }
  const found: Difference[] = [];
  if (expected.nullable && !actual.nullable) found.push(parameter(`${name} may no longer be null`));
  const removed = without(labelsOf(expected, on), labelsOf(actual, now));
  if (removed.length > 0 && labelsOf(actual, now) !== null)
    found.push(parameter(`${name} may no longer be ${list(removed)}`));
  return found;
}

/** Every text of the one type is a text of the other with the same meaning. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ["integer", "bigint", "numeric"],
  integer: ["bigint", "numeric"],
  bigint: ["numeric"],
  real: ["double precision"],
  "character varying": ["text"],
  character: ["text", "character varying"],
  uuid: ["text", "character varying"],
  date: ["timestamp without time zone"],
  json: ["jsonb"],
  jsonb: ["json"],
  cidr: ["inet"],
};

function widens(from: string, to: string): boolean {
  const element = (type: string): string => type.replace(/\[\]$/, "");
  if (from.endsWith("[]") !== to.endsWith("[]")) return false;
  return WIDER[element(from)]?.includes(element(to)) ?? false;
}

/** The only texts that a value can have: an enum's labels, or those that a CHECK allows; null for any. */
function labelsOf(
  value: { readonly type: Oid; readonly values: readonly string[] | null },
  { catalog }: Facts,
): readonly string[] | null {
  if (value.values !== null) return value.values;
  let type = catalog.types.get(value.type);
  while (type?.kind === "array" || type?.kind === "domain") {
    type = catalog.types.get(type.kind === "array" ? type.element : type.base);
  }
  return type?.kind === "enum" ? type.labels : null;
}

/** What is among the first and not among the second; nothing where either is not known. */
function without(some: readonly string[] | null, others: readonly string[] | null): readonly string[] {
  return some === null || others === null ? [] : some.filter((label) => !others.includes(label));
}

const list = (labels: readonly string[]): string => labels.map((label) => `'${label}'`).join(", ");

/** What its INSERTs leave out and the schema now asks for, and rules that are new for what it writes. */
function writes(query: Query, on: Facts, now: Facts): Difference[] {
  const written = query.privileges.filter(
    (p): p is TablePrivilege => "table" in p && (p.kind === "insert" || p.kind === "update"),
  );
  return written.flatMap((write) => [
    ...(write.kind === "insert" ? missingValues(write, on, now) : []),
    ...newConstraints(write, on, now),
  ]);
}

function missingValues({ schema, table, columns }: TablePrivilege, on: Facts, now: Facts): Difference[] {
  const required = (facts: Facts): RelationColumn[] =>
    facts.catalog.relations
      .filter((relation) => relation.schema === schema && relation.name === table)
      .flatMap((relation) => relation.columns.filter((c) => !c.nullable && !c.hasDefault && !c.generated));
  const before = new Set(required(on).map((column) => column.name));
  return required(now)
    .filter(({ name }) => !columns.includes(name) && !before.has(name))
    .map(({ name }) => ({
      code: "verify-missing-value",
      effect: "breaks",
      message: `it inserts into ${table} without a value for ${name}, which is not null and has no default`,
    }));
}

function newConstraints(
  { kind, schema, table, columns }: TablePrivilege,
  on: Facts,
  now: Facts,
): Difference[] {
  const name = `${schema}.${table}`;
  const own = (facts: Facts): readonly Constraint[] => facts.constraints.filter((c) => c.table === name);
  const known = new Set(own(on).map((constraint) => constraint.definition));
  const isNewTable = !on.catalog.relations.some((r) => r.schema === schema && r.name === table);
  if (isNewTable) return [];
  const columnsBefore =
    on.catalog.relations.find((r) => r.schema === schema && r.name === table)?.columns ?? [];
  return (
    own(now)
      .filter((c) => !known.has(c.definition))
      // What it writes, or for an INSERT leaves to a default.
      .filter(
        (c) =>
          c.columns.length === 0 || c.columns.some((column) => columns.includes(column) || kind === "insert"),
      )
      // A rule about new columns alone cannot concern a client that does not know them, unless they are required (said elsewhere).
      .filter(
        (c) =>
          c.columns.length === 0 || c.columns.some((column) => columnsBefore.some((b) => b.name === column)),
      )
      .map((c) => ({
        code: "verify-constraint",
        effect: "may",
        message: `it ${kind}s ${table}, which has a new rule that may refuse it: ${c.name}, ${c.definition}`,
      }))
  );
}
