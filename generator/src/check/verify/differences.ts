import type { RelationColumn } from "../../model/catalog.ts";
import type { Query, TablePrivilege } from "../../model/query.ts";
import { parameterDifferences } from "./accepted.ts";
import { type Constraint, isCovered, keyOf } from "./constraints.ts";
import type { Difference, Facts } from "./difference.ts";
import { columnDifferences } from "./seen.ts";

/** Gives what is different for a client that was generated for `expected` when it meets `actual`. */
export function differences(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  return [
    ...results(expected, on, actual, now),
    ...rows(expected, actual),
    ...expected.params.flatMap((param, i): Difference[] => {
      const other = actual.params[i];
      if (other !== undefined) return parameterDifferences(param, on, other, now);
      const message = `$${param.number} (${param.name}) is gone`;
      return [{ code: "verify-parameter", effect: "breaks", message }];
    }),
    ...writes(expected, on, now),
  ];
}

function results(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  const names = (query: Query): string => query.columns.map((column) => column.name).join(", ");
  if (expected.columns.length !== actual.columns.length || names(expected) !== names(actual)) {
    const message = `it returns (${names(actual)}) here, and the client was made for (${names(expected)})`;
    return [{ code: "verify-result", effect: "breaks", message }];
  }
  return expected.columns.flatMap((column, i) => columnDifferences(column, on, actual.columns[i]!, now));
}

/** The client takes the first row: of one that was the only one, any. */
function rows({ command, rows: was }: Query, { rows: is }: Query): Difference[] {
  const isLost = command === ":one" && was.atMostOne && !is.atMostOne;
  const message = "several rows may match here, of which the client takes the first that comes";
  return isLost ? [{ code: "verify-result", effect: "may", message }] : [];
}

/** Gives what its INSERTs leave out and the schema now asks for, and rules that are new for what it writes. */
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
      // Behind a view, the table's defaults count; what is refused shows when it is executed.
      .filter(
        (relation) =>
          relation.schema === schema && relation.name === table && !relation.kind.endsWith("view"),
      )
      .flatMap((relation) => relation.columns.filter((c) => !c.nullable && !c.hasDefault && !c.generated));
  const before = new Set(required(on).map((column) => column.name));
  return required(now)
    .filter(({ name }) => !columns.includes(name) && !before.has(name))
    .map(({ name }) => ({
      code: "verify-missing-value",
      effect: "breaks",
      message: `it inserts into ${table} without a value for ${name}, which is not null and has no default`,
      about: name,
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
  const keys = own(on).flatMap(({ definition }) => keyOf(definition) ?? []);
  const before = on.catalog.relations.find((r) => r.schema === schema && r.name === table);
  if (before === undefined) return [];
  return (
    own(now)
      .filter((c) => !known.has(c.definition))
      // Rows that are equal in more columns, or only some rows, are fewer than those that were refused before.
      .filter(({ definition }) => {
        const own = keyOf(definition, "some rows");
        return own === null || !keys.some((key) => isCovered(own, key));
      })
      // What it writes, or for an INSERT leaves to a default.
      .filter(
        (c) =>
          c.columns.length === 0 || c.columns.some((column) => columns.includes(column) || kind === "insert"),
      )
      // A rule about new columns alone cannot concern a client that does not know them, unless they are required (said elsewhere).
      .filter(
        (c) =>
          c.columns.length === 0 || c.columns.some((column) => before.columns.some((b) => b.name === column)),
      )
      .map((c) => ({
        code: "verify-constraint",
        effect: "may",
        message: `it ${kind}s ${table}, which has a new rule that may refuse it: ${c.name}, ${c.definition}`,
        about: c.name,
      }))
  );
}
