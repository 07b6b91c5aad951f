import type { Query } from "../../../model/query.ts";
import { partsOf, quoteLiteral } from "../../../sql/quoting.ts";
import {
  type Catalog,
  type CatalogObject,
  isRoutine,
  type ObjectOf,
  type Routine,
} from "../../schema/catalog.ts";
import { dependentsOf, objectsOf } from "../../schema/catalog-index.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";
import type { Difference } from "../difference.ts";
import { type Access, wordsOf } from "./access.ts";
import { isOpen } from "./body-writes.ts";
import type { ObjectChange } from "./judges.ts";
import { labelsLost, typesIn, typesMadeOf } from "./made-of.ts";
import { statementsIn } from "./statement-words.ts";

/** What a query is held against. */
export interface Met {
  readonly home: Catalog;
  readonly meets: Catalog;
  /** What it touches of the schema that is met. */
  readonly access: Access;
}

/**
 * Tells what bodies that are as before name and is not there any more, or not allowed: PostgreSQL looks at a text when it comes there, which only some calls may.
 */
export function goneFromBodies(query: Query, changes: readonly ObjectChange[], met: Met): Difference[] {
  const bodies = unchangedBodies(met);
  const others = changes.filter(({ from }) => from?.kind !== "enum" || !met.meets.objects.has(from.key));
  return [...others, ...enumsOfBoth(met)].flatMap((change): Difference[] => {
    const told = whatIsGone(query, change, met);
    const body = told && bodies.find((one) => told.isNamedIn(one));
    const isCast = told?.types !== undefined && isCastTo(query.sql.text, told.types);
    if (!told || !(body || isCast)) return [];
    const { key, name } = (change.to ?? change.from)!;
    const where = body
      ? `${body.routine.kind} ${body.routine.identity}, which it relies on, ${body.isOpen ? "executes texts that may name it" : "names it"}: some calls may come there`
      : "it casts values to that";
    const message = `${told.what}, and ${where}`;
    return [{ code: "verify-changed", effect: "may", message, about: name, object: key }];
  });
}

/** A label that merely has another name is gone from a body all the same. */
const enumsOfBoth = ({ home, meets }: Met): ObjectChange[] =>
  objectsOf("enum", home).flatMap((from): ObjectChange[] => {
    const to = meets.objects.get(from.key);
    return to === undefined ? [] : [{ change: "changed", from, to, properties: ["labels"] }];
  });

export interface Body {
  readonly routine: Routine;
  /** Those of what its triggers hand to it among them. */
  readonly words: ReadonlySet<string>;
  /** Whether it executes texts that it makes, of which parts may come from elsewhere. */
  readonly isOpen: boolean;
}

/** Tells whether a body names something, be it in parts that it puts together: `'items_' || year`. */
const saysName = ({ words, isOpen }: Body, name: string): boolean =>
  words.has(name) ||
  (isOpen &&
    [...words].some(
      (word) =>
        word.length > 1 &&
        ((word.endsWith("_") && name.startsWith(word)) || (word.startsWith("_") && name.endsWith(word))),
    ));

export function unchangedBodies({ home, meets, access }: Met): Body[] {
  return [...access.keys].flatMap((key): Body[] => {
    const routine = meets.objects.get(key);
    if (routine === undefined || !isRoutine(routine)) return [];
    const before = home.objects.get(key);
    const isSame = before?.kind === routine.kind && before.properties.body === routine.properties.body;
    const { properties } = routine;
    if (!isSame) return [];
    const opens = isOpen(properties);
    const given = opens ? argumentsOf(routine, home) : [];
    // What is put in the place of a mark is no part of a word.
    const text = [properties.body.replace(MARKS, " "), ...given].join(" ");
    return [{ routine, words: wordsOf(text), isOpen: opens }];
  });
}

/** What `format` replaces. */
const MARKS = /%(?:\d+\$)?-?\d*[sIL]/g;

/** Gives what triggers hand to a function: it has no other arguments. */
const argumentsOf = ({ key }: Routine, catalog: Catalog): string[] =>
  dependentsOf(key, catalog).flatMap((one) =>
    one.kind === "trigger"
      ? (/ EXECUTE (?:FUNCTION|PROCEDURE) [^(]*(\(.*)$/s.exec(one.properties.definition)?.[1] ?? [])
      : [],
  );

interface Gone {
  readonly what: string;
  /** The names of the types that values are cast to. */
  readonly types?: ReadonlySet<string>;
  isNamedIn(body: Body): boolean;
}

function whatIsGone(query: Query, { from, to }: ObjectChange, met: Met): Gone | null {
  const object = (to ?? from)!;
  if (object.kind === "grant") return lostRight(query, from, to, met);
  if (from?.kind === "enum" && to?.kind === "enum") return lostLabel(from, to, met.meets);
  if (from === null && to?.kind === "column") return newInWholeRows(to, met);
  if (from === null || to !== null) return null;
  if (from.kind === "column" || from.kind === "attribute" || from.kind === "view column") {
    const whole = lastName(identityOf(from.parent ?? ""));
    const column = lastName(from.identity);
    return {
      what: `${from.kind} ${from.identity} is not there`,
      isNamedIn: (body) => {
        const isOfNew = isOfTrigger(body.routine, from, met.home);
        const isSaid = saysName(body, column) && (saysName(body, whole) || isOfNew);
        return isSaid || (body.isOpen && (isOfNew || takesNames(body.routine)));
      },
    };
  }
  if (!NAMED.has(from.kind) || isThereOtherwise(from, met.meets)) return null;
  return {
    what: `${from.kind} ${from.identity} is not there`,
    isNamedIn: (body) => saysName(body, lastName(from.identity)) || (body.isOpen && takesNames(body.routine)),
  };
}

/** Tells whether what a routine executes may have names in it that its callers give, or that stand in some table. */
const takesNames = (routine: Routine): boolean =>
  !COMPILED.has(routine.properties.language) &&
  (/\b(?:text|name|regclass|regtype|regproc|character|json|jsonb)\b/.test(routine.properties.arguments) ||
    readsNames(routine));

/** Tells whether a body executes what it puts together, and reads values that are no names in PostgreSQL's own catalogs. */
function readsNames({ properties: { body } }: Routine): boolean {
  const statements = statementsIn(body);
  return (
    statements.some((one) => one.executesMade) &&
    statements.some(
      (one) =>
        one.has("select") &&
        one.variables > 0 &&
        !one.has("execute") &&
        !CATALOGS.some((name) => one.has(name)),
    )
  );
}

const CATALOGS: readonly string[] = [
  ...[
    "information_schema",
    "pg_class",
    "pg_attribute",
    "pg_tables",
    "pg_indexes",
    "pg_inherits",
    "pg_namespace",
  ],
  ...["pg_constraint", "pg_trigger", "pg_views", "pg_matviews", "pg_type", "pg_proc", "pg_sequences"],
];

const COMPILED: ReadonlySet<string> = new Set(["c", "internal"]);

/** Tells whether a text casts values to one of the types, other than a parameter, of which the analysis tells. */
const isCastTo = (text: string, types: ReadonlySet<string>): boolean =>
  typesIn(text).some(({ name, isOfParameter }) => !isOfParameter && types.has(name));

const NAMED: ReadonlySet<string> = new Set([
  "table",
  "view",
  "materialized view",
  "sequence",
  "enum",
  "domain",
  "composite type",
  "range type",
]);
const RELATIONS: ReadonlySet<string> = new Set(["table", "view", "materialized view"]);

/** Tells whether another kind of relation has the name. */
const isThereOtherwise = ({ kind, identity }: CatalogObject, { objects }: Catalog): boolean =>
  RELATIONS.has(kind) && [...RELATIONS].some((other) => objects.has(`${other}:${identity}`));

/** Tells whether a function is set off by a table of which a column was: there it is one of NEW and OLD. */
function isOfTrigger(routine: Routine, column: CatalogObject, home: Catalog): boolean {
  return dependentsOf(routine.key, home).some(
    ({ kind, parent }) => kind === "trigger" && parent === column.parent,
  );
}

/** A column that is one more where a function takes the rows of its table as a whole. */
const newInWholeRows = (column: CatalogObject, { meets }: Met): Gone => ({
  what: `column ${column.identity} is new`,
  isNamedIn: ({ routine }) =>
    isOfTrigger(routine, column, meets) && /\b(?:new|old)\s*\.\s*\*/i.test(routine.properties.body),
});

function lostLabel(from: ObjectOf<"enum">, to: ObjectOf<"enum">, meets: Catalog): Gone | null {
  const lost = labelsLost(from, to);
  if (lost.length === 0) return null;
  const names = typesMadeOf(to.key, meets).map(({ name }) => name);
  return {
    types: new Set(names),
    what: `type ${to.identity} has no ${lost.map((label) => `'${label}'`).join(", ")}`,
    isNamedIn: ({ routine, words }) =>
      names.some((name) => words.has(name)) &&
      lost.some((label) => routine.properties.body.includes(quoteLiteral(label))),
  };
}

const ALL_OF_A_TABLE = ["select", "insert", "update", "delete", "truncate"];

/** A right that whoever calls a function needs for what is in its body; of what the query names itself, executing it as the role tells. */
function lostRight(
  query: Query,
  from: CatalogObject | null,
  to: CatalogObject | null,
  { home, meets, access }: Met,
): Gone | null {
  const [before, after] = [from, to].map((one) => (one?.kind === "grant" ? one.properties : null));
  const had = (before?.privileges ?? after?.defaults ?? []).flatMap((right) =>
    right === "all" ? ALL_OF_A_TABLE : [right],
  );
  const has = after?.privileges ?? before?.defaults ?? [];
  const lost = has.includes("all") ? [] : had.filter((right) => !has.includes(right));
  const parent = (to ?? from)!.parent ?? "";
  const object = meets.objects.get(parent) ?? home.objects.get(parent);
  if (lost.length === 0 || object === undefined) return null;
  const whole = object.kind === "column" ? meets.objects.get(object.parent ?? "") : object;
  if (whole === undefined) return null;
  const path = partsOf(whole.identity).join(".");
  const isDirect = query.privileges.some((p) =>
    "table" in p ? `${p.schema}.${p.table}` === path : partsOf(p.object).join(".") === path,
  );
  if (isDirect) return null;
  const kinds = access.tables.get(whole.key);
  const matters = lost.filter(
    (right) =>
      !RELATIONS.has(whole.kind) || [...(kinds ?? [])].some((kind) => right.toLowerCase().startsWith(kind)),
  );
  if (matters.length === 0) return null;
  const grantee = (after ?? before)!.grantee;
  return {
    what: `${grantee} has no right to ${matters.join(", ")} on ${whole.kind} ${whole.identity}`,
    isNamedIn: ({ routine: { properties }, words }) =>
      words.has(lastName(whole.identity)) &&
      // Its owner's rights count for one that is run as that.
      (!properties.attributes.includes("security definer") || properties.owner === grantee),
  };
}
