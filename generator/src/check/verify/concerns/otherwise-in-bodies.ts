import { once } from "../../../model/once.ts";
import { partsOf } from "../../../sql/quoting.ts";
import { type CatalogObject, isRoutine, type ObjectOf, type Routine } from "../../schema/catalog.ts";
import { childrenOf } from "../../schema/catalog-index.ts";
import { identityOf, lastName, routineName } from "../../schema/sql/names.ts";
import { isCovered, keyOf } from "../constraints.ts";
import type { Difference } from "../difference.ts";
import { isParsed } from "./body-writes.ts";
import { type Body, type Met, unchangedBodies } from "./gone-from-bodies.ts";
import type { ObjectChange } from "./judges.ts";
import { type Statement, statementsIn } from "./statement-words.ts";

/**
 * Tells of bodies that are as before and may mean something else: names in a text are looked up when PostgreSQL comes there, which only some calls may.
 * @param reordered the keys of the tables whose columns stand in another order
 */
export function otherwiseInBodies(
  changes: readonly ObjectChange[],
  reordered: ReadonlySet<string>,
  met: Met,
): Difference[] {
  const bodies = unchangedBodies(met).filter(({ routine }) => !isParsed(routine.properties.body));
  if (bodies.length === 0) return [];
  const isNew = new Set(changes.flatMap(({ from, to }) => (from === null && to !== null ? [to.key] : [])));
  const told: readonly Meaning[] = [
    ...changes.flatMap((change) => meaningOf(change, met, isNew)),
    ...[...reordered].map((key) => inAnotherOrder(met.meets.objects.get(key)!)),
  ];
  return told.flatMap(({ object, what, isMeantIn }): Difference[] => {
    const body = bodies.find((one) => statementsOf(one).some((statement) => isMeantIn(statement, one)));
    if (body === undefined) return [];
    const message = `${what}, and ${body.routine.kind} ${body.routine.identity}, which it relies on, may mean something else by that: some calls may come there`;
    return [{ code: "verify-changed", effect: "may", message, about: object.name, object: object.key }];
  });
}

/** What is otherwise, and the statements that may mean something else by it. */
interface Meaning {
  readonly object: CatalogObject;
  readonly what: string;
  isMeantIn(statement: Statement, body: Body): boolean;
}

function meaningOf({ from, to }: ObjectChange, { meets }: Met, isNew: ReadonlySet<string>): Meaning[] {
  const isColumn = to?.kind === "column" || to?.kind === "view column" || to?.kind === "attribute";
  if (from === null && isColumn && !isNew.has(to.parent!)) return [newColumn(to, isNew)];
  if (from === null && to !== null && isRoutine(to)) return [newRoutine(to)];
  const key = from;
  if (key?.kind !== "constraint" && key?.kind !== "index") return [];
  const table = lastName(identityOf(key.parent ?? ""));
  if (to === null && key.kind === "constraint")
    return [
      { object: key, what: `constraint ${key.name} of ${identityOf(key.parent!)} is not there`, isMeantIn },
      ...lostKey(key),
    ];
  return to === null || to.kind === key.kind ? lostKey(key) : [];

  /** Tells whether a conflict is looked for by the constraint's name. */
  function isMeantIn(statement: Statement): boolean {
    return statement.targets.has(table) && statement.follows(["on", "constraint"], lastName(key!.name));
  }

  function lostKey(one: ObjectOf<"constraint"> | ObjectOf<"index">): Meaning[] {
    const unique = keyOf(one.properties.definition.replace(DEFERRABLE, ""), "some rows");
    if (unique === null) return [];
    // What is checked later decides no conflict.
    const others = [
      ...childrenOf("constraint", one.parent, meets),
      ...childrenOf("index", one.parent, meets),
    ];
    const isStillThere = others.some((other) => {
      const by = keyOf(other.properties.definition);
      return by !== null && isCovered(unique, by) && by.columns.length === unique.columns.length;
    });
    if (isStillThere) return [];
    const columns = unique.columns.map(lastName);
    return [
      {
        object: to ?? one,
        what: `unique key ${one.name} of ${identityOf(one.parent!)} is ${to === null ? "not there" : "another one"}`,
        isMeantIn: (statement) =>
          columns.every((column) => statement.has(column)) &&
          (statement.targets.has(table)
            ? statement.follows(["on"], "conflict")
            : statement.has(table) && (statement.wantsOneRow || statement.has("merge"))),
      },
    ];
  }
}

const DEFERRABLE = /( NOT)? DEFERRABLE( INITIALLY DEFERRED)?/;

/** A column by whose name something else was meant, or that is one more of all. */
function newColumn(
  column: ObjectOf<"column"> | ObjectOf<"view column"> | ObjectOf<"attribute">,
  isNew: ReadonlySet<string>,
): Meaning {
  const table = lastName(identityOf(column.parent!));
  const name = lastName(column.identity);
  return {
    object: column,
    what: `${column.kind} ${column.identity} is new`,
    isMeantIn(statement, { routine }) {
      const isOfTheTable = wordsAfter(routine.properties.returns).includes(table);
      const returns = statement.follows(["return"], "query");
      // The rows that it gives have one value more.
      if (isOfTheTable && returns && !statement.takesAll) return true;
      if (!statement.has(table)) return false;
      if (statement.rowsCompared(table).has("with others")) return true;
      if (statement.refersTo(name) || statement.has("natural")) return true;
      if (!statement.reads(table) || !statement.takesAll) return false;
      // A table that gets the column, too, has room for it.
      const hasRoom = [...statement.targets].some((target) =>
        [...isNew].some((key) => key.startsWith("column:") && key.endsWith(`.${target}.${column.name}`)),
      );
      return (returns && !isOfTheTable) || (statement.targets.size > 0 && !hasRoom);
    },
  };
}

/** A routine that may be nearer to a call than the one that is meant by the same name. */
function newRoutine(routine: Routine): Meaning {
  const name = lastName(routineName(routine)!);
  const { arguments: list } = routine.properties;
  const taken = list === "" ? [] : list.split(COMMA).filter((one) => !/^(?:OUT|TABLE) /.test(one));
  const needed = taken.filter((one) => !/ (?:DEFAULT|:=) /.test(one)).length;
  const most = taken.some((one) => one.startsWith("VARIADIC ")) ? Number.POSITIVE_INFINITY : taken.length;
  return {
    object: routine,
    what: `${routine.kind} ${routine.identity} is new`,
    isMeantIn: (statement) =>
      statement.argumentsOf(name).some((count) => count <= most && (count >= needed || most > taken.length)),
  };
}

/** Between arguments; what stands in brackets, or in a default, has none in front of a name and a type. */
const COMMA = /, (?=(?:(?:IN|OUT|INOUT|VARIADIC) )?(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$.]*)(?: |$|\[|,))/u;

const wordsAfter = (type: string | null): string[] =>
  partsOf((type ?? "").replace(/^SETOF /i, "")).map((part) => part.toLowerCase());

/** A table of which values are taken, or given, by their place. */
function inAnotherOrder(table: CatalogObject): Meaning {
  const name = lastName(table.identity);
  return {
    object: table,
    what: `columns of ${table.identity} stand in another order`,
    isMeantIn: (statement, { routine }) =>
      statement.insertsByPlace(name) ||
      (statement.reads(name) &&
        statement.takesAll &&
        (statement.variables > 1 ||
          statement.targets.size > 0 ||
          (statement.follows(["return"], "query") &&
            !wordsAfter(routine.properties.returns).includes(name)))),
  };
}

/** Of routines, for as long as their catalog is held. */
const STATEMENTS = new WeakMap<CatalogObject, readonly Statement[]>();

const statementsOf = ({ routine }: Body): readonly Statement[] =>
  once(STATEMENTS, routine, () => statementsIn(routine.properties.body));
