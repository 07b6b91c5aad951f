import type { RelationColumn } from "../../model/catalog.ts";
import type { Query, TablePrivilege } from "../../model/query.ts";
import { parameterDifferences } from "./accepted.ts";
import { referenced } from "./concerns/access.ts";
import { type Constraint, isCovered, keyOf } from "./constraints.ts";
import type { Difference } from "./difference.ts";
import type { Facts } from "./facts.ts";
import { columnDifferences } from "./seen.ts";
import { isNoStricterThanAll } from "./stricter.ts";

/** Gives what is different for a client that was generated for `expected` when it meets `actual`. */
export function differences(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  return [
    ...results(expected, on, actual, now),
    ...rows(expected, actual),
    ...subqueries(expected, actual),
    ...otherMeanings(expected, on, actual, now),
    ...otherPlaces(expected, actual, now),
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

/** PostgreSQL refuses a query in which a subquery that stands for a value gives two rows. */
function subqueries(
  { valueSubqueries: were = [] }: Query,
  { valueSubqueries: are = [] }: Query,
): Difference[] {
  const isLost =
    were.length === are.length && were.some(({ atMostOne }, i) => atMostOne && !are[i]!.atMostOne);
  const message = "a subquery that gives one value may give several rows here, which PostgreSQL refuses";
  return isLost ? [{ code: "verify-changed", effect: "may", message }] : [];
}

/**
 * Finds names that mean another column here: in a subquery, one that the table gets hides that of the query around it, and one that it loses
 * gives way to that. PostgreSQL refuses neither.
 */
function otherMeanings(expected: Query, on: Facts, actual: Query, now: Facts): Difference[] {
  // Of a NATURAL JOIN it is known that it reads columns that nobody names.
  if (/\bnatural\b/i.test(expected.sql.text)) return [];
  const reads = ({ privileges }: Query): TablePrivilege[] =>
    privileges.filter((p): p is TablePrivilege => "table" in p && p.kind === "select");
  const columnsIn = ({ catalog }: Facts, { schema, table }: TablePrivilege): ReadonlySet<string> =>
    new Set(
      catalog.relations
        .find((one) => one.schema === schema && one.name === table)
        ?.columns.map(({ name }) => name),
    );
  const there = reads(actual);
  return reads(expected).flatMap((read): Difference[] => {
    const other = there.find(({ schema, table }) => schema === read.schema && table === read.table);
    const [own, others] = [columnsIn(on, read), columnsIn(now, read)];
    // Whoever takes whole rows takes what is new in them.
    const isWhole = [...own].every((name) => read.columns.includes(name));
    if (other === undefined || own.size === 0 || others.size === 0 || isWhole) return [];
    const told = (name: string, message: string): Difference => ({
      code: "verify-behaviour",
      effect: "may",
      message,
      about: name,
    });
    const { table } = read;
    return [
      ...other.columns
        .filter((name) => others.has(name) && !own.has(name))
        .map((name) =>
          told(
            name,
            `${name} is a column of ${table} here, and was another one on the schema that the client was made for`,
          ),
        ),
      ...read.columns
        .filter((name) => own.has(name) && !others.has(name))
        .map((name) =>
          told(name, `${name} is no column of ${table} here: it is another one that the query can see`),
        ),
    ];
  });
}

/** Finds values that an INSERT without a list of columns stores in another column here, though the one that they were for is there: PostgreSQL goes by their places. */
function otherPlaces(
  { params, insert: was }: Query,
  { params: others, insert: is }: Query,
  { catalog }: Facts,
): Difference[] {
  const isThere = (schema: string, table: string, column: string): boolean =>
    catalog.relations.some(
      (one) => one.schema === schema && one.name === table && one.columns.some(({ name }) => name === column),
    );
  const told = (table: string, from: string, to: string): Difference => ({
    code: "verify-changed",
    effect: "may",
    message: `what it stores in ${from} of ${table} on the schema that the client was made for, it stores in ${to} here: the columns stand in another order`,
    about: to,
  });
  if (was !== null && is !== null && was.table === is.table) {
    const moved = was.columns.flatMap((column, i) => {
      const other = is.columns[i];
      const isMoved = other !== undefined && other !== column && isThere(was.schema, was.table, column);
      return isMoved ? [told(was.table, column, other)] : [];
    });
    if (moved.length > 0) return moved.slice(0, 1);
  }
  const moved = params.flatMap(({ origin }, i) => {
    const other = others[i]?.origin;
    if (!origin || !other || origin.table !== other.table || origin.column === other.column) return [];
    return isThere(origin.schema, origin.table, origin.column)
      ? [told(origin.table, origin.column, other.column)]
      : [];
  });
  return moved.slice(0, 1);
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
  const rules = own(on).map(({ definition }) => definition);
  const keys = rules.flatMap((definition) => keyOf(definition) ?? []);
  const before = on.catalog.relations.find((r) => r.schema === schema && r.name === table);
  if (before === undefined) return [];
  return (
    own(now)
      .filter((c) => !now.sameRules?.has(`${c.table}.${c.name}`) && !isNoStricterThanAll(c.definition, rules))
      .filter((c) => !own(on).some((was) => isOfRenamedTable(was, on, c, now)))
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

/** Tells whether two foreign keys are the same, but that the table which they refer to has another name meanwhile. */
function isOfRenamedTable(was: Constraint, on: Facts, is: Constraint, now: Facts): boolean {
  const [before, after] = [referenced(was.definition), referenced(is.definition)];
  if (before === null || after === null || was.name !== is.name) return false;
  const rest = ({ definition }: Constraint): string => definition.replace(/ REFERENCES [^(]*\(/, "(");
  const isTable = ({ catalog }: Facts, path: string): boolean =>
    catalog.relations.some(
      ({ schema, name, kind }) => `${schema}.${name}` === path && !kind.endsWith("view"),
    );
  return rest(was) === rest(is) && isTable(on, before) && !isTable(now, before) && !isTable(on, after);
}
