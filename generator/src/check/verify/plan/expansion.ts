import type { UpdateStmt } from "libpg-query";
import type { SchemaFile } from "../../../model/source.ts";
import { type Engine, PostgresError } from "../../../postgres/engine.ts";
import { parseScript } from "../../../postgres/raw-parse.ts";
import { nodeOf, nodesOf } from "../../../postgres/raw-tree.ts";
import { type Token, tokenize } from "../../../sql/lexer.ts";
import { partsOf, quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import { type Catalog, isRoutine, type ObjectOf } from "../../schema/catalog.ts";
import type { SchemaChange } from "../../schema/changes.ts";
import { provideGiven } from "../../schema/given.ts";
import type { Side } from "../../schema/side.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";
import type { Statement } from "../../schema/sql/statement.ts";
import { addedFiles } from "../added-files.ts";
import { isSameText } from "../concerns/alike.ts";
import type { Conversion } from "./conversions.ts";
import { shimsOf } from "./renamed.ts";

/** What can be done before the new version is there, so that both versions work. */
export interface Expansion {
  readonly expand: readonly string[];
  /** Before the new version is there: what gives the rows the values that it will read. */
  readonly backfill: readonly string[];
  /** Whether some of that reaches only the rows of its moment: what the deployed version writes later is left as it is. */
  readonly isOfItsMoment: boolean;
  /** What follows that at once. */
  readonly settle: readonly string[];
  /** When no old version writes any more, and before NOT NULL is set. */
  readonly fill: readonly Fill[];
  /** What ends each of the ways to use both names: a transaction. */
  readonly ends: readonly (readonly string[])[];
  /** The routines, by key, that do until the last step what they did for the deployed version. */
  readonly late: readonly string[];
}

export interface ExpansionOptions {
  /** Whether to leave alone whatever is there, and only add. */
  readonly isCautious: boolean;
  /** Whether rows may lack a value of a required column that goes, as those of the new version do. */
  readonly relaxes: boolean;
  /** Whether routines that are there get their new bodies at once: then the deployed version's calls, and triggers, do what the new one's do. */
  readonly replaces: boolean;
  readonly targetVersion: number | null;
}

export interface Between {
  readonly from: Side;
  readonly to: Side;
  readonly changes: readonly SchemaChange[];
  /** The base after what is certain to have been renamed. */
  readonly renamed: Catalog;
  /** What leads from the base to the head, the renames first. */
  readonly statements: readonly Statement[];
  /** The columns whose new values no cast of the old ones gives. */
  readonly conversions: readonly Conversion[];
}

/** Chooses of a migration what only adds, in words that both versions can live with, and proves that it runs on the base. */
export async function expansionOf(between: Between, options: ExpansionOptions): Promise<Expansion> {
  const { from, to, changes, renamed, statements } = between;
  const known = from.catalog;
  const head = to.catalog;
  const shims = shimsOf(changes, known, head, options.targetVersion);
  const own = changes.filter(({ change }) => change === "renamed").length;
  const data = await dataStatements(from.files, to.files);
  const assigned = await assignedValues(data);
  const { values, others } = assigned;
  const wanted = statements
    .slice(own)
    .flatMap((statement) => expanding(statement, { base: renamed, head, values, options }));
  const relaxed = options.relaxes ? relaxing(renamed, head) : [];
  return from.use(async (engine) => {
    await provideGiven(engine, [from, to]);
    await engine.run("set check_function_bodies = off");
    const shimmed = await runnable(
      engine,
      shims.map(({ expand }) => expand),
    );
    const added = await runnable(
      engine,
      [...wanted, ...relaxed].map((sql) => [sql]),
    );
    const done = shims.filter(({ expand }) => shimmed.includes(expand));
    const backfill = await runnable(
      engine,
      [...done.flatMap((shim) => shim.backfill), ...data].map((sql) => [sql]),
    );
    const settle = await runnable(
      engine,
      done.map((shim) => shim.settle),
    );
    return {
      expand: [...shimmed, ...added].flat(),
      backfill: backfill.flat(),
      isOfItsMoment: backfill.some(([sql]) => others.includes(sql!)),
      settle: settle.flat(),
      fill: fillsOf(between, assigned),
      ends: done.map(({ end }) => end).filter((end) => end.length > 0),
      late: options.replaces && !options.isCautious ? [] : lateRoutines(between),
    };
  });
}

/** Runs groups of statements, each as a whole, and gives those that PostgreSQL takes. */
async function runnable(
  engine: Engine,
  groups: readonly (readonly string[])[],
): Promise<(readonly string[])[]> {
  const taken: (readonly string[])[] = [];
  for (const group of groups) {
    if (group.length === 0) continue;
    try {
      // In a transaction nothing is done concurrently, and a label of an enum is of use only when it was committed.
      const whole = group.join(";\n").replaceAll(/ index concurrently /g, " index ");
      await engine.run(group.length === 1 ? group[0]! : `begin; ${whole}; commit`);
      taken.push(group);
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      if (group.length > 1) await engine.run("rollback");
    }
  }
  return taken;
}

interface Deciding {
  readonly base: Catalog;
  readonly head: Catalog;
  readonly values: ReadonlyMap<string, string>;
  readonly options: ExpansionOptions;
}

/** What takes something away, or asks more of what is there. */
const NARROWS =
  /^(?:drop|revoke|alter \S+ \S+ (?:drop |alter column \S+ (?:type |set not null|drop |set generated)|enable row|force row|rename |set schema )|alter type .* rename )/i;
/** What has a say in each statement on a table. */
const GUARDS: ReadonlySet<string> = new Set(["constraint", "trigger", "policy", "rule"]);

/** Says a statement of the migration in words that leave the deployed version working; nothing where there are none. */
function expanding({ sql, object: key }: Statement, { base, head, values, options }: Deciding): string[] {
  if (NARROWS.test(sql)) return [];
  const object = head.objects.get(key);
  if (object === undefined) return [];
  const isThere = object.parent !== null && base.objects.has(object.parent);
  if (base.objects.has(key) && options.isCautious) return [];
  if (base.objects.has(key) && isRoutine(object) && !options.replaces) return [];
  if (isThere && GUARDS.has(object.kind)) return [];
  if (isThere && object.kind === "index") return / UNIQUE INDEX /.test(sql) ? [] : [concurrently(sql)];
  if (isThere && object.kind === "column" && isRequired(object, head)) {
    const optional = sql.replace(/ not null$/, "");
    const value = values.get(valueKey(object.parent!, object.name));
    return [isDefault(value, object, head) ? `${optional} default ${value} not null` : optional];
  }
  return [sql];
}

/** Gives the routines, by key, that do something else in the new schema, and more than to call by its new name what is renamed. */
function lateRoutines({ changes, renamed, to: { catalog: head } }: Between): string[] {
  const names = new Map(
    changes.flatMap(({ change, identity, from }) =>
      change === "renamed" && from !== null ? [[lastName(from), lastName(identity)] as const] : [],
    ),
  );
  return [...head.objects.values()].flatMap((is) => {
    const was = renamed.objects.get(is.key);
    if (!isRoutine(is) || was === undefined || !isRoutine(was)) return [];
    const [before, after] = [was.properties.body, is.properties.body];
    return before === after || isSameText(withNames(before, names), withNames(after, names)) ? [] : [is.key];
  });
}

const withNames = (body: string, names: ReadonlyMap<string, string>): string =>
  body.replace(/[\p{L}_][\p{L}\p{N}_$]*/gu, (word) => names.get(word.toLowerCase()) ?? word);

const concurrently = (sql: string): string => sql.replace(/^CREATE INDEX /, "create index concurrently ");

/** Tells whether a row that is stored without it is refused. */
function isRequired({ key, properties: p }: ObjectOf<"column">, catalog: Catalog): boolean {
  return (
    p.notNull &&
    p.identity === null &&
    p.generated === null &&
    !catalog.objects.has(`default:${key}`) &&
    !hasDefault(key, catalog)
  );
}

const hasDefault = (column: string, catalog: Catalog): boolean =>
  [...catalog.objects.values()].some(({ kind, parent }) => kind === "default" && parent === column);

function isInKey({ name, parent }: ObjectOf<"column">, catalog: Catalog): boolean {
  return [...catalog.objects.values()].some(
    (part) =>
      part.parent === parent &&
      ((part.kind === "constraint" && part.properties.type !== "check") ||
        (part.kind === "index" && / UNIQUE INDEX /.test(part.properties.definition))) &&
      part.properties.definition.includes(name),
  );
}

/** Lets rows do without the required columns that go. */
function relaxing(base: Catalog, head: Catalog): string[] {
  return [...base.objects.values()].flatMap((object) =>
    object.kind === "column" &&
    object.parent !== null &&
    !head.objects.has(object.key) &&
    head.objects.has(object.parent) &&
    isRequired(object, base)
      ? [`alter table ${object.parent.slice("table:".length)} alter column ${object.name} drop not null`]
      : [],
  );
}

/** The statements of migrations that are new which write rows. */
async function dataStatements(base: readonly SchemaFile[], head: readonly SchemaFile[]): Promise<string[]> {
  const found: string[] = [];
  for (const { text } of addedFiles(base, head))
    for (const { kind, start, end } of await parseScript(text).catch(() => []))
      if (kind === "InsertStmt" || kind === "UpdateStmt" || kind === "DeleteStmt")
        found.push(
          text
            .slice(start, end)
            .trim()
            .replace(/^(?:\s*--[^\n]*\n)+/, ""),
        );
  return found;
}

const valueKey = (table: string, column: string): string => {
  const name = partsOf(identityOf(table)).at(-1);
  return `${name}.${partsOf(column).at(-1)}`;
};

/** What the statements of migrations give columns, by `table.column`. */
interface AssignedValues {
  /** The constants that UPDATEs set them to. */
  readonly values: ReadonlyMap<string, string>;
  /** The UPDATEs that set them, to whatever it is. */
  readonly updates: ReadonlyMap<string, readonly string[]>;
  /** The last UPDATE that sets one alone, said of the rows that have no value yet. */
  readonly fills: ReadonlyMap<string, string>;
  /** The statements that do more: a constant is the column's default from then on. */
  readonly others: readonly string[];
}

async function assignedValues(statements: readonly string[]): Promise<AssignedValues> {
  const values = new Map<string, string>();
  const updates = new Map<string, readonly string[]>();
  const fills = new Map<string, string>();
  const others: string[] = [];
  for (const sql of statements) {
    const [parsed] = await parseScript(sql).catch(() => []);
    const update = parsed?.kind === "UpdateStmt" ? parsed : null;
    const targets = nodesOf(update?.tree.targetList, "ResTarget");
    const constants = targets.map(({ val }) => nodeOf(val, "A_Const"));
    if (update === null || constants.includes(undefined)) others.push(sql);
    for (const [i, { name }] of targets.entries()) {
      if (update === null || name === undefined) continue;
      const key = `${update.tree.relation?.relname}.${name}`;
      updates.set(key, [...(updates.get(key) ?? []), sql]);
      if (targets.length === 1) fills.set(key, ofRowsWithout(sql, update.tree, name));
      const location = constants[i]?.location;
      if (location === undefined) continue;
      const at = update.at(location);
      const [text] = /^(?:-?\d+(?:\.\d+)?|'(?:[^']|'')*'|true|false)/i.exec(sql.slice(at)) ?? [];
      if (text !== undefined) values.set(key, text);
    }
  }
  return { values, updates, fills, others };
}

/** Says an UPDATE of those rows alone that have no value in a column. */
function ofRowsWithout(sql: string, { relation }: UpdateStmt, column: string): string {
  const table = relation?.alias?.aliasname ?? relation?.relname ?? "";
  const lacks = `${quoteIdentifierIfNeeded(table)}.${quoteIdentifierIfNeeded(column)} is null`;
  let depth = 0;
  let where: Token | undefined;
  let end = sql.length;
  for (const token of tokenize(sql)) {
    const word = sql.slice(token.start, token.end).toLowerCase();
    if (word === "(" || word === "[") depth++;
    else if (word === ")" || word === "]") depth--;
    if (depth > 0 || token.kind === "line comment" || token.kind === "block comment") continue;
    if (word === "where") where = token;
    if (word === "returning" || word === ";") {
      end = token.start;
      break;
    }
  }
  if (where === undefined) return `${sql.slice(0, end).trimEnd()} where ${lacks}`;
  return `${sql.slice(0, where.end)} (${sql.slice(where.end, end).trim()}) and ${lacks}`;
}

/** Tells whether a column that is added has a value as its default: one alone would be no key. */
const isDefault = (value: string | undefined, column: ObjectOf<"column">, head: Catalog): boolean =>
  value !== undefined && isConstant(value) && !isInKey(column, head);

const isConstant = (text: string): boolean => /^(?:-?\d|'|true$|false$)/i.test(text);

interface Asked {
  readonly column: ObjectOf<"column">;
  readonly table: string;
  /** By which its values are known. */
  readonly key: string;
  /** Whether it is not there yet. */
  readonly isNew: boolean;
}

/** Gives the columns that rows may lack and the head requires. */
function askedFor({ renamed, to: { catalog: head } }: Between): Asked[] {
  return [...head.objects.values()].flatMap((column): Asked[] => {
    if (column.kind !== "column" || column.parent === null || !column.properties.notNull) return [];
    const before = renamed.objects.get(column.key);
    const isNew = before === undefined && renamed.objects.has(column.parent) && isRequired(column, head);
    const isTightened = before?.kind === "column" && !before.properties.notNull;
    if (!isNew && !isTightened) return [];
    return [{ column, table: identityOf(column.parent), key: valueKey(column.parent, column.name), isNew }];
  });
}

const filling = ({ table, column: { name } }: Asked, value: string): string =>
  `update ${table} set ${name} = ${value} where ${name} is null`;

/** What gives a value to the rows that lack one. */
export interface Fill {
  readonly sql: string;
  /** Whether none can lack it any more: rows of the deployed version have a default. */
  readonly isCovered: boolean;
  /** The table, by its key, where only rows that the deployed version stores meanwhile can lack it. */
  readonly table: string | null;
}

/** For each column that rows may lack and the head requires: what gives them a value. */
function fillsOf(between: Between, { values, fills }: Pick<AssignedValues, "values" | "fills">): Fill[] {
  return askedFor(between).map((asked) => {
    const { table, column, key, isNew } = asked;
    const value = values.get(key);
    const own = value === undefined ? fills.get(key) : filling(asked, value);
    return {
      sql:
        own ??
        `-- Give each row of ${table} a value of ${column.name}:\n-- update ${table} set ${column.name} = … where ${column.name} is null`,
      isCovered: isNew && isDefault(value, column, between.to.catalog),
      table: isNew ? column.parent : null,
    };
  });
}

/** What the migration gives rows that the new schema asks for, where it is done as a whole. */
export interface Fills {
  /** What can be run on the deployed schema. */
  readonly ahead: readonly string[];
  /** Whether a column that is not there yet is given values, too: then it has to be added first. */
  readonly hasNew: boolean;
}

export async function fillsAhead(between: Between): Promise<Fills> {
  const { from, to } = between;
  const { values, updates } = await assignedValues(await dataStatements(from.files, to.files));
  const given = askedFor(between).filter(({ key }) => updates.has(key));
  const wanted = given
    .filter(({ isNew }) => !isNew)
    .flatMap((asked) => {
      const value = values.get(asked.key);
      return value === undefined ? (updates.get(asked.key) ?? []) : [filling(asked, value)];
    });
  const hasNew = given.some(({ isNew }) => isNew);
  if (wanted.length === 0) return { ahead: [], hasNew };
  return from.use(async (engine) => {
    await provideGiven(engine, [from, to]);
    const taken = await runnable(
      engine,
      [...new Set(wanted)].map((sql) => [sql]),
    );
    return { ahead: taken.flat(), hasNew };
  });
}
