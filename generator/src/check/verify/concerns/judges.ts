import { once } from "../../../model/once.ts";
import type { Query } from "../../../model/query.ts";
import type { CatalogObject, ObjectKind, ObjectOf } from "../../schema/catalog.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";
import { narrowing, rounds } from "../accepted.ts";
import { isNoStricter } from "../stricter.ts";
import { actionOf, eventsOf, referenced, ruleEvent } from "./access.ts";
import { hasMoreNumbers, isDoneAlike, isSameFor, isSameText } from "./alike.ts";
import { type Concern, WRITES } from "./concern.ts";
import { labelsLost } from "./made-of.ts";
import { type Statement, statementsIn } from "./statement-words.ts";

/** What is different about one object on the schema that a client meets. */
export interface ObjectChange {
  readonly change: "added" | "removed" | "changed";
  readonly from: CatalogObject | null;
  readonly to: CatalogObject | null;
  readonly properties: readonly string[];
}

export type Judge<Kind extends ObjectKind = ObjectKind> = (
  change: {
    readonly change: ObjectChange["change"];
    readonly from: ObjectOf<Kind> | null;
    readonly to: ObjectOf<Kind> | null;
    readonly properties: readonly string[];
  },
  concern: Concern,
) => string | null;

/**
 * For each kind of object, when a change of it is to be looked at; null where analysing and executing the query show all there is.
 * Each kind has its entry: one that is new is not passed over in silence.
 */
export const JUDGES: { readonly [Kind in ObjectKind]: Judge<Kind> | null } = {
  trigger: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    const events = new Set(
      [from, to].flatMap((one) => (one === null ? [] : [...eventsOf(one.properties.definition)])),
    );
    const hit = SETTING_OFF.filter((kind) => events.has(kind) && concern.kindsOn(object).has(kind));
    return hit.length === 0
      ? null
      : `trigger ${object.name} on ${tableName(object)}, which its ${hit.join(" and ")} sets off, is ${WORDS[change]}`;
  },
  "trigger state": ({ from, to }, concern) => {
    const object = (to ?? from)!;
    const events = concern.eventsOf(object);
    const hit = SETTING_OFF.filter((kind) => events.has(kind) && concern.kindsOn(object).has(kind));
    return hit.length === 0
      ? null
      : `trigger ${object.name}, which its ${hit.join(" and ")} sets off, is enabled otherwise on ${tableName(object)}, a partition`;
  },
  rule: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    const kinds = concern.kindsOn(object);
    return ![from, to].some((one) => one !== null && kinds.has(ruleEvent(one.properties.definition)))
      ? null
      : `rule ${object.name} on ${tableName(object)} is ${WORDS[change]}`;
  },
  policy: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    return concern.kindsOn(object).size === 0 || !concern.isNamed(object)
      ? null
      : `policy ${object.name} on ${tableName(object)} is ${WORDS[change]}: it decides which rows are seen and taken`;
  },
  table: ({ to, properties }, concern) => {
    if (to === null || concern.kindsOn(to).size === 0) return null;
    const isSecured = properties.includes("rowSecurity") || properties.includes("forceRowSecurity");
    if (isSecured && concern.isNamed(to)) {
      const { rowSecurity, forceRowSecurity } = to.properties;
      return `row security of ${tableName(to)} is ${rowSecurity ? (forceRowSecurity ? "on, for its owner too" : "on") : "off"} here`;
    }
    if (!properties.includes("partitionKey") || !concern.writes(to)) return null;
    const failing = concern.failingOf("table", to);
    if (failing !== null)
      return `the partition of a row of ${tableName(to)} is found by ${failing.text}, in which ${failing.because} fails for some values`;
    return concern.takesAnyRow(to)
      ? null
      : `table ${tableName(to)} is partitioned otherwise: a row needs a partition`;
  },
  partition: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    const { of } = object.properties;
    const kinds = concern.tableNamed(of.replaceAll('"', ""));
    if (kinds.size === 0) return null;
    if (change === "added")
      return concern.isNew(object.parent)
        ? null
        : `${tableName(object)}, with the rows that it has, is a partition of ${of} here`;
    return `${tableName(object)} is ${change === "removed" ? "no partition" : "another partition"} of ${of} here`;
  },
  inheritance: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    return concern.tableNamed(object.properties.of.replaceAll('"', "")).size === 0
      ? null
      : `that ${tableName(object)} inherits from ${object.properties.of} is ${WORDS[change]}`;
  },
  column: ({ from, to, properties }, concern) => {
    const failing =
      to !== null && (from === null || properties.includes("generated"))
        ? concern.failingOf("column", to)
        : null;
    if (to !== null && failing !== null)
      return `column ${to.name} of ${tableName(to)} is made of each row that it stores, as ${failing.text}, in which ${failing.because} fails for some values`;
    if (from === null || to === null) {
      const column = (to ?? from)!;
      return (
        naturalJoin(column, to !== null, concern) ??
        wholeRow(column, to !== null, concern) ??
        (to === null ? null : leftOut(to, concern))
      );
    }
    if (properties.includes("collation") && concern.uses(to))
      return `column ${to.name} of ${tableName(to)} has another collation: texts are ordered and compared otherwise`;
    const isOtherwisePadded = isPadded(from) && properties.includes("type");
    if ((isPadded(from) !== isPadded(to) || isOtherwisePadded) && concern.uses(to))
      return `column ${to.name} of ${tableName(to)} was ${from.properties.type} and is now ${to.properties.type}: blanks at the end of a text count otherwise`;
    const [before, after] = [from, to].map(({ properties }) => concern.baseOf(properties.type)) as [
      string,
      string,
    ];
    if (orderOf(before) !== orderOf(after) && concern.uses(to) && SORTS.test(concern.textsOn(to)))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: it is sorted and compared otherwise`;
    const isOfOwnKind = before !== after && [before, after].some((type) => concern.isOfExtension(type));
    if (isOfOwnKind && concern.uses(to) && COMPARES.test(concern.textsOn(to)))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: what is equal to it, or like it, may be something else`;
    if (isOfOwnKind && concern.storesInKey(to))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: what is equal may be something else, and a unique key may refuse it`;
    if (isSpelled(before) && orderOf(after) === "text" && concern.sendsColumn(to))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: what is written otherwise is not equal any more`;
    if (isWrittenOtherwise(before, after) && concern.textsOf(to).some((text) => CONVERTS.test(text)))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: as a text it is written otherwise`;
    if (hasZone(before) !== hasZone(after) && concern.uses(to) && COMPUTES.test(concern.textsOn(to)))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: what is computed of it is of another time zone`;
    if (properties.includes("generated") && concern.uses(to) && !concern.shown.givesSame)
      return `column ${to.name} of ${tableName(to)} is ${to.properties.generated === null ? "not generated here" : `generated otherwise: ${to.properties.generated}`}`;
    if (from.properties.identity !== null && to.properties.identity !== null)
      if (
        properties.includes("identityOptions") &&
        concern.kindsOn(to).has("insert") &&
        !hasMoreNumbers(to.properties.identityOptions ?? "", from.properties.identityOptions ?? "")
      )
        return `column ${to.name} of ${tableName(to)} counts otherwise: ${to.properties.identityOptions}`;
    if (computesOtherwise(before, after) && concern.uses(to) && CALCULATES.test(concern.textsOn(to)))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: what is computed of it is rounded otherwise, or has less room`;
    // Of what a client sends its parameter tells.
    if (concern.uses(to) && !concern.sendsColumn(to) && rounds(before, after))
      return `column ${to.name} of ${tableName(to)} was ${before} and is now ${after}: digits that it does not keep are rounded away`;
    const isIndirect = concern.writesIndirectly(to);
    if (isIndirect && properties.includes("notNull") && to.properties.notNull)
      return `column ${to.name} of ${tableName(to)}, to which it writes ${INDIRECTLY}, may not be null here`;
    const isMadeHere =
      (properties.includes("identity") && to.properties.identity === "always") ||
      (from.properties.generated === null && to.properties.generated !== null);
    if (isIndirect && isMadeHere && concern.bodiesOn(to).length > 0)
      return `column ${to.name} of ${tableName(to)}, to which it writes ${INDIRECTLY}, is always generated here: a value for it is refused`;
    const isNarrower =
      properties.includes("type") && narrowing(from.properties.type, to.properties.type) !== null;
    // A variable may have the type of a column.
    if (isNarrower && concern.castsToRowOf(to))
      return `column ${to.name} of ${tableName(to)}, to the rows of which it casts values, was ${from.properties.type} and is now ${to.properties.type}`;
    if (isNarrower && concern.bodiesOf(to).length > 0)
      return `column ${to.name} of ${tableName(to)}, which a body names, was ${from.properties.type} and is now ${to.properties.type}`;
    if (!isIndirect && !concern.writesColumn(to)) return null;
    if (isNarrower && !concern.sendsColumn(to))
      return `column ${to.name} of ${tableName(to)}, which it writes, was ${from.properties.type} and is now ${to.properties.type}`;
    return !concern.shown.isTried && properties.includes("notNull") && to.properties.notNull
      ? `column ${to.name} of ${tableName(to)}, which it writes, may not be null here`
      : null;
  },
  constraint: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    const { definition, type } = object.properties;
    const parent = referenced(definition);
    if (to !== null && isStricter(from, to) && isForIndirect(to, concern))
      return `constraint ${to.name} of ${tableName(to)}, to which it writes ${INDIRECTLY}, is ${WORDS[change]} and may refuse it: ${definition}`;
    if (parent === null && to !== null && isStricter(from, to) && concern.writesByReference(to))
      return `constraint ${to.name} of ${tableName(to)}, which foreign keys write to, is ${WORDS[change]} and may refuse it: ${definition}`;
    if (parent === null) return from === null || type === "check" ? null : lostKey(from, to, concern);
    const kinds = concern.tableNamed(parent);
    for (const kind of ["delete", "update"] as const) {
      if (!kinds.has(kind)) continue;
      const [before, after] = [from, to].map((one) =>
        one === null ? null : (actionOf(one.properties.definition, kind) ?? "no action"),
      );
      if (before === after) continue;
      if (kind === "update" && change === "added" && !isKeyWritten(concern, parent, definition)) continue;
      // Of a table that is new, the rows are those of who knows them; what stands on them in its turn is told by itself.
      if (after === "cascade" && concern.isNew(object.parent)) continue;
      // A rule that refused is gone.
      if (to === null && before === "no action") continue;
      return `it ${kind}s rows of ${parent}, and foreign key ${object.name} of ${tableName(object)} is ${change === "changed" ? `now ${definition}` : `${WORDS[change]}: ${definition}`}`;
    }
    return null;
  },
  view: viewJudge,
  "materialized view": viewJudge,
  function: routineJudge,
  procedure: routineJudge,
  aggregate: ({ change, from, to }, concern) => {
    const object = (to ?? from)!;
    return change !== "changed" || !concern.takesPart(object)
      ? null
      : `aggregate ${object.identity}, which it relies on, is defined otherwise`;
  },
  domain: ({ from, to, properties }, concern) => {
    if (from !== null && to !== null && properties.includes("default") && concern.leavesOutOf(to))
      return `domain ${to.identity} has another default: a column of it that is left out gets ${to.properties.default ?? "NULL"} here and ${from.properties.default ?? "NULL"} on the schema that it was made for`;
    if (from === null || to === null) return null;
    if (properties.includes("collation") && concern.takesPart(to))
      return `domain ${to.identity} has another collation: texts are ordered and compared otherwise`;
    if (!concern.makesValuesOf(to)) return null;
    const isStricter = properties.includes("notNull") && to.properties.notNull;
    return isStricter || properties.includes("type")
      ? `domain ${to.identity}, of what it writes or casts, is defined otherwise`
      : null;
  },
  "domain constraint": ({ change, to }, concern) => {
    if (to === null) return null;
    const domain = to.parent === null ? undefined : concern.catalog.objects.get(to.parent);
    if (domain?.kind !== "domain" || !concern.makesValuesOf(domain)) return null;
    return `domain ${domain.identity}, of what it writes or casts, has a rule that is ${WORDS[change]} and may refuse it: ${to.name}, ${to.properties.definition}`;
  },
  enum: ({ from, to }, concern) => {
    if (from === null || to === null || !concern.takesPart(to)) return null;
    const both = (one: readonly string[], other: readonly string[]): string =>
      JSON.stringify(one.filter((label) => other.includes(label)));
    const [before, after] = [from.properties.labels, to.properties.labels];
    const lost = labelsLost(from, to);
    if (lost.length > 0 && concern.texts.some((text) => CONVERTS.test(text)))
      return `type ${to.identity} has no ${lost.map((label) => `'${label}'`).join(", ")}: as a text its values are other ones`;
    return both(before, after) === both(after, before)
      ? null
      : `type ${to.identity} has its labels in another order: it is sorted and compared otherwise`;
  },
  collation: ({ change, to }, concern) =>
    change === "changed" && to !== null && concern.takesPart(to)
      ? `collation ${to.identity} is defined otherwise: texts are ordered and compared otherwise`
      : null,
  "range type": ({ change, to }, concern) =>
    change === "changed" && to !== null && concern.takesPart(to)
      ? `range type ${to.identity} is defined otherwise`
      : null,
  role: ({ from, to, properties }) => {
    if (from === null || to === null) return null;
    if (from.properties.attributes.includes("login") && to.properties.attributes.includes("nologin"))
      return `role ${to.identity} may not log in here`;
    return properties.includes("settings")
      ? `sessions of role ${to.identity} begin with other settings: ${to.properties.settings.join(", ") || "none"}`
      : null;
  },
  setting: ({ from, to }) => {
    const { role, parameter } = (to ?? from)!.properties;
    const whose = role === null ? "sessions in this database" : `sessions of role ${role}`;
    return `${whose} begin with another ${parameter}: ${to?.properties.value ?? "none of its own"}`;
  },
  // What they decide shows in the analysis of the query, or when it is executed as the roles that have rights.
  extension: null,
  schema: null,
  "composite type": null,
  attribute: null,
  sequence: ({ from, to, properties }, concern) =>
    from !== null &&
    to !== null &&
    properties.includes("options") &&
    !hasMoreNumbers(to.properties.options, from.properties.options) &&
    concern.counts(to)
      ? `sequence ${to.identity} counts otherwise: ${to.properties.options}`
      : null,
  "sequence owner": null,
  "view column": null,
  default: ({ from, to }, concern) => {
    const object = (to ?? from)!;
    const column = object.parent === null ? undefined : concern.catalog.objects.get(object.parent);
    // What may not be NULL is refused without one.
    const isColumn = column?.kind === "column" || column?.kind === "view column";
    if (!isColumn || (to === null && column.kind === "column" && column.properties.notNull)) return null;
    if (!concern.leavesOut(column)) return null;
    // Without a default of its own, a view's column has that of the table behind it.
    const none = column.kind === "view column" ? "that of its table" : "NULL";
    const [was, is] = [from, to].map((one) => one?.properties.expression ?? none);
    return `column ${column.name} of ${tableName(column)}, which it leaves to its default, gets ${is} here and ${was} on the schema that it was made for`;
  },
  grant: null,
  "default privileges": null,
  index: ({ change, from, to }, concern) => {
    const isUnique = ({ properties: { definition } }: ObjectOf<"index">): boolean =>
      /^create unique/i.test(definition);
    if (from !== null && isUnique(from)) {
      const lost = lostKey(from, to, concern);
      if (lost !== null) return lost;
    }
    if (to === null) return null;
    const failing = concern.failingOf("index", to);
    if (failing !== null)
      return `index ${to.name} of ${tableOfIndex(to)} is made of each row that it stores, and in ${failing.text} ${failing.because} fails for some values`;
    return isUnique(to) && isForIndirect(to, concern)
      ? `unique index ${to.name} of ${tableOfIndex(to)}, to which it writes ${INDIRECTLY}, is ${WORDS[change]} and may refuse it: ${to.properties.definition}`
      : null;
  },
  // What they decide, no query sees.
  "replica identity": null,
  cluster: null,
  statistics: null,
  comment: null,
  "event trigger": null,
  publication: null,
  "published table": null,
  "published schema": null,
  // Operators and casts are tried with the query; what is called by its name in a text, PostgreSQL looks up when it is executed.
  other: ({ change, to }, concern) =>
    change === "changed" && to !== null && CALLED.test(to.properties.type) && concern.names(to)
      ? `${to.properties.type} ${to.identity}, which it relies on, is defined otherwise`
      : null,
};

const SETTING_OFF = [...WRITES, "truncate"] as const;

const CALLED = /^(?:text search |foreign table|server)/;

const INDIRECTLY = "through a view, in a body or in a part";

/** Tells whether a rule that is new may refuse rows that are stored where the query itself does not name the table; of the others its analysis tells. */
const isForIndirect = (rule: ObjectOf<"constraint"> | ObjectOf<"index">, concern: Concern): boolean =>
  concern.writesIndirectly(rule) && concern.isOfKnownColumns(rule) && !concern.isCoveredAtHome(rule);

const tableOfIndex = ({ parent, identity }: ObjectOf<"index">): string =>
  parent === null ? identity : identityOf(parent);

/** Tells whether a rule is there that was not; what was merely validated held for new rows before. */
const isStricter = (from: ObjectOf<"constraint"> | null, to: ObjectOf<"constraint">): boolean =>
  from === null || !isNoStricter(to.properties.definition, from.properties.definition);

const INTEGERS: readonly string[] = ["smallint", "integer", "bigint"];

/** Types of which values are sorted alike. */
const ORDERS: readonly ReadonlySet<string>[] = [
  new Set(["smallint", "integer", "bigint", "numeric", "real", "double precision"]),
  new Set(["text", "character varying", "character", "name"]),
  new Set(["date", "timestamp without time zone", "timestamp with time zone"]),
];

function orderOf(type: string): string {
  const plain = type.replace(/\([\d, -]+\)/, "");
  return [...(ORDERS.find((all) => all.has(plain)) ?? [plain])][0]!;
}

/** What depends on which of two values is the greater. */
const SORTS =
  /\border\s+by\b|\b(?:between|min|max|greatest|least)\b|[^-<>=@&|#~!?*]\s*[<>]=?\s*[^<>=@&|#~\s-]/i;

/** What depends on which values are equal, or alike. */
const COMPARES =
  /[=<>~]|\b(?:in|like|ilike|similar|distinct|group\s+by|order\s+by|partition\s+by|union|intersect|except|using|natural|any|all|count|min|max|strpos|position|replace|split_part|translate|regexp_\w+)\b/i;

/** Null for what is no time of a day. */
const hasZone = (type: string): boolean | null =>
  /^time(?:stamp)?\b/.test(type) ? / with time zone/.test(type) : null;

/** Tells whether arithmetic of numbers of the one type gives other numbers, or has less room, than of the other. */
function computesOtherwise(before: string, after: string): boolean {
  const [was, is] = [before, after].map((type) => type.replace(/\(.*\)/, "")) as [string, string];
  const [from, to] = [INTEGERS.indexOf(was), INTEGERS.indexOf(is)];
  if (from >= 0 && to >= 0) return to < from;
  return was !== is && [was, is].every((type) => INTEGERS.includes(type) || OTHER_NUMBERS.has(type));
}

const OTHER_NUMBERS: ReadonlySet<string> = new Set(["numeric", "real", "double precision"]);

/** What makes another number of one. */
const CALCULATES = /[-+*/%^]|\b(?:sum|avg|mod|power|sqrt|round|trunc|ceil|floor|stddev|variance)\s*\(/i;

/** What makes another value of a time: a call, a cast, an operator, AT TIME ZONE. */
const COMPUTES = /\bat\s+time\s+zone\b|\bat\s+local\b|\w\s*\(|::|[-+]/i;

/** What makes a text, or a document, of a value. */
const CONVERTS =
  /::|\bcast\s*\(|\|\||\b(?:concat\w*|format|text|to_jsonb?|row_to_json|jsonb?_\w+|array_to_\w+|string_agg|quote_\w+|xml\w+|i?like)\s*\(/i;

/** Types of which texts of the same values differ from those of the other lists: `1e+20`, `2024-05-06 00:00:00`. */
const SPELLINGS: readonly (readonly string[])[] = [
  [...INTEGERS, "numeric"],
  ...["real", "double precision", "money", "boolean", "json", "jsonb", "date", "interval"].map((type) => [
    type,
  ]),
  ...["time", "timestamp"].flatMap((type) => [[`${type} without time zone`], [`${type} with time zone`]]),
];

/** Tells whether a value is another text as one type than as the other. */
function isWrittenOtherwise(before: string, after: string): boolean {
  const [was, is] = [before, after].map((type) => {
    const plain = type.replace(/\([\d, -]+\)/, "");
    return SPELLINGS.findIndex((types) => types.includes(plain));
  }) as [number, number];
  return was !== is && was >= 0 && is >= 0;
}

/** Types of which one value has several spellings. */
const isSpelled = (type: string): boolean =>
  /^(?:uuid|numeric|real|double precision|boolean|bytea|inet|cidr|macaddr8?|date|time|interval|jsonb?|xml)\b/.test(
    type,
  );

const isPadded = ({ properties }: ObjectOf<"column">): boolean => /^character(?:\(|$)/.test(properties.type);

/** A NATURAL JOIN compares all columns that both sides have. */
function naturalJoin(column: CatalogObject, isNew: boolean, concern: Concern): string | null {
  const { query } = concern;
  if (!/\bnatural\b/i.test(query.sql.text) || concern.kindsOn(column).size === 0) return null;
  return concern.sharesColumn(column)
    ? `column ${column.name} of ${tableName(column)} is ${isNew ? "new" : "not there"}, and its NATURAL JOIN compares it where the other side has one of that name`
    : null;
}

/** Of queries, for as long as they are held. */
const STATEMENTS = new WeakMap<Query, readonly Statement[]>();

/** A row that is compared as a whole has one value more, or less. */
function wholeRow(column: ObjectOf<"column">, isNew: boolean, concern: Concern): string | null {
  const table = tableName(column);
  if (concern.kindsOn(column).size === 0) return null;
  const name = lastName(table);
  const statements = once(STATEMENTS, concern.query, () => statementsIn(concern.query.sql.text));
  const compared = new Set(statements.flatMap((statement) => [...statement.rowsCompared(name)]));
  // A row is NULL where all of its values are, and is not where none is.
  const isSeen =
    compared.has("with others") ||
    (compared.has("is not null") && !column.properties.notNull) ||
    (compared.has("is null") && !concern.hasValues(column));
  return isSeen
    ? `column ${column.name} of ${table} is ${isNew ? "new" : "not there"}, and it compares rows of that as a whole`
    : null;
}

/** A column that must have a value, where what writes to its table by the way has none for it. */
function leftOut(column: ObjectOf<"column">, concern: Concern): string | null {
  const { notNull, identity, generated } = column.properties;
  const isFilled =
    identity !== null || generated !== null || concern.catalog.objects.has(`default:${column.key}`);
  if (!notNull || isFilled || !concern.writesIndirectly(column) || !concern.leavesOut(column)) return null;
  return `column ${column.name} of ${tableName(column)}, to which it writes ${INDIRECTLY}, is new and must have a value`;
}

/** That a subquery is no longer sure to give one row, its analysis says; of one that never was, a key is told under it. */
function lostKey(
  key: ObjectOf<"constraint"> | ObjectOf<"index">,
  is: ObjectOf<"constraint"> | ObjectOf<"index"> | null,
  concern: Concern,
): string | null {
  const table = key.parent === null ? "" : identityOf(key.parent);
  const isUnique = !key.properties.definition.startsWith("EXCLUDE");
  if (is === null && isUnique && concern.readsForValue(key))
    return `unique key ${key.name} of ${table} is not there: a subquery of it that gave one row may give several`;
  if (is === null && isUnique && concern.query.statement === "merge" && concern.kindsOn(key).has("select"))
    return `unique key ${key.name} of ${table} is not there: its MERGE may come to one row twice, which is refused`;
  return is?.properties.definition !== key.properties.definition && concern.leavesConflicts(key)
    ? `${key.kind} ${key.name} of ${table} is ${is === null ? "not there" : "another one"}: what its ON CONFLICT left out may be stored`
    : null;
}

const WORDS = { added: "new", removed: "not there", changed: "defined otherwise" } as const;

function viewJudge(
  { change, from, to, properties }: Parameters<Judge<"view" | "materialized view">>[0],
  concern: Concern,
): string | null {
  if (change !== "changed" || from === null || to === null || !concern.takesPart(to)) return null;
  if (properties.includes("options"))
    return `${to.kind} ${to.identity} has other options: ${to.properties.options.join(", ") || "none"}`;
  const isOrdered = orderIn(from.properties.definition) !== orderIn(to.properties.definition);
  if (isOrdered && !/\border\s+by\b/i.test(concern.query.sql.text))
    return `${to.kind} ${to.identity}, which it goes through, gives its rows in another order`;
  return properties.includes("definition") &&
    !isSameFor(concern.columnsOf(to), from.properties.definition, to.properties.definition)
    ? `${to.kind} ${to.identity}, which it goes through, is defined otherwise`
    : null;
}

/** Gives by what the rows of a view are in order, as PostgreSQL writes it at the end of its query; that of what stands within has no say. */
const orderIn = (definition: string): string =>
  /\n {2}ORDER BY ([^\n]*)(?:\n {1,2}(?:LIMIT|OFFSET|FETCH) [^\n]*)*;?\s*$/
    .exec(definition)?.[1]
    ?.replace(/;$/, "") ?? "";

const DECISIVE = new Set(["returns", "arguments", "language", "body", "attributes"]);

function routineJudge(
  { change, from, to, properties }: Parameters<Judge<"function" | "procedure">>[0],
  concern: Concern,
): string | null {
  const object = (to ?? from)!;
  if (change === "added" || !(concern.takesPart(object) || concern.checksWith(object))) return null;
  // One that a trigger runs is told with the trigger.
  if (change === "removed")
    return object.properties.returns === "trigger"
      ? null
      : `${object.kind} ${object.identity}, which it relies on, is not there`;
  const isOther = properties.some((name) => {
    if (from === null || to === null || !DECISIVE.has(name)) return false;
    const [was, is] = [from.properties, to.properties];
    if (name === "body") return !isSameText(was.body, is.body);
    return name !== "attributes" || !isDoneAlike(was, is);
  });
  return isOther ? `${object.kind} ${object.identity}, which it relies on, does something else` : null;
}

const tableName = ({ identity, kind, name }: CatalogObject): string =>
  kind === "table" || !identity.endsWith(`.${name}`) ? identity : identity.slice(0, -name.length - 1);

/** Tells whether an UPDATE writes a column that the foreign key refers to. */
function isKeyWritten({ query }: Concern, parent: string, definition: string): boolean {
  const columns =
    /REFERENCES [^(]*\(([^)]*)\)/
      .exec(definition)?.[1]
      ?.split(/,\s*/)
      .map((one) => one.replaceAll('"', "")) ?? [];
  return query.privileges.some(
    (p) =>
      p.kind === "update" &&
      `${p.schema}.${p.table}` === parent &&
      p.columns.some((column) => columns.includes(column)),
  );
}
