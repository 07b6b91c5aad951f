import { overlap } from "../../../analysis/overlap.ts";
import type { QuerySetConfig } from "../../../config/config.ts";
import type { Diagnostic } from "../../../model/diagnostic.ts";
import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import type { Engine } from "../../../postgres/engine.ts";
import type { Database } from "../../../project/open-database.ts";
import type { Project } from "../../../project/project.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog } from "../../schema/catalog.ts";
import { compareCatalogs } from "../../schema/compare.ts";
import { resolveRenames } from "../../schema/renames.ts";
import { readApplied, readSide, type SideSource } from "../../schema/side.ts";
import { readRenames } from "../../schema/sources/renames.ts";
import { identityOf } from "../../schema/sql/names.ts";
import { squashedFiles } from "../../schema/squashed.ts";
import { addedStatements, type MigrationStatement } from "../added-files.ts";
import { Routines } from "../called.ts";
import { reachOf } from "../concerns/access.ts";
import { Changes, type Moved } from "../concerns/concerns.ts";
import { type Outcome, type Tried, tryQueries } from "../cross.ts";
import { deletionsBetween } from "../deleted.ts";
import type { Difference } from "../difference.ts";
import type { FailingExpression } from "../evaluated.ts";
import { exchangesBetween } from "../exchanged.ts";
import { readFacts } from "../facts.ts";
import { restartsBetween } from "../restarted.ts";
import { rewritesBetween, type Watched } from "../rewritten.ts";
import { sameBodies } from "../rewritten-bodies.ts";
import { shadowsBetween } from "../shadowed.ts";
import { judge, type AtHome as RefusedAtHome, refusedAtHome, type TrialVerdict } from "./judge.ts";
import { chooseRoles, type TrialRoles } from "./roles.ts";
import { referringToOwnTable, type Seeds } from "./seed.ts";
import { touchedBy } from "./touched.ts";
import { isForbidden, isOfPolicy, type RowsOfView, TrialGround, type TrialOf } from "./trial.ts";

/** One of the two sides: a project and the entry of its configuration. */
export interface SideOf {
  readonly project: Project;
  readonly set: QuerySetConfig;
  readonly queries: readonly Query[];
  /** The schema's files, where they are not those of the project. */
  readonly files?: readonly SchemaFile[];
}

/** How one query fares on both schemas. */
export interface Crossed {
  /** On the schema that its client was generated on, and on the other one. */
  readonly own: Outcome;
  readonly other: Outcome;
  /** Null where it could not be executed on both. */
  readonly trial: TrialVerdict | null;
  /** What has to be looked at, and cannot be shown by trying. */
  readonly concerns: readonly Difference[];
  /** Whether anything that it relies on is otherwise. */
  readonly isTouched: boolean;
  /** Why it does not work even on its own schema, in every call. */
  readonly refusedAtHome: RefusedAtHome | null;
  /** No role that the schema grants something may run it, where one may run all that is deployed. */
  readonly forbidden: string | null;
  /** Whether the project says that this is the role. */
  readonly isForbiddenForSure?: boolean;
}

export interface CrossedQuery {
  readonly query: Query;
  readonly crossed: Crossed;
}

export interface CrossedSides {
  readonly old: Tried;
  readonly now: Tried;
  /** The deployed queries that the change may concern, and how each fares. */
  readonly deployed: readonly CrossedQuery[];
  /** The same of the new ones, and of those that are not deployed as they are. */
  readonly next: readonly CrossedQuery[];
}

export interface CrossedOver {
  /** Of the base and of the head. */
  readonly catalogs: readonly [Catalog, Catalog];
  /** The keys of what is defined as before, but for the names of what it refers to. */
  readonly sameButNames: ReadonlySet<string>;
  /** Null where the change concerns no query. */
  readonly sides: CrossedSides | null;
}

/**
 * Tries the deployed queries on the new schema and the new ones on the deployed schema: analysed, planned, and executed on the same rows, as the
 * application's role where one is known. Both databases are there at once; all that is done to them is rolled back.
 * What is deployed as it is, and has nothing to do with what changed, fares on either as on the other, and is not tried.
 * @returns null, with diagnostics, where the head's schema is wrong
 */
export async function crossOver(
  base: SideOf,
  head: SideOf,
  options: {
    readonly role: string | null;
    /** Whether to try what the change cannot concern, too. */
    readonly all?: boolean;
  },
): Promise<{
  readonly crossed: CrossedOver | null;
  readonly inBase: readonly Diagnostic[];
  readonly inHead: readonly Diagnostic[];
}> {
  const [before, after] = await Promise.all([appliedOf(base), appliedOf(head)]);
  const told = { inBase: before.diagnostics, inHead: after.diagnostics };
  if (after.diagnostics.some(({ severity }) => severity === "error")) return { ...told, crossed: null };
  const catalogs = [before.catalog, after.catalog] as const;
  const moved = await movedBetween(base, head, catalogs, options.role);
  const { sameButNames } = moved;
  const changes = new Changes(...catalogs, moved);
  const concerned = options.all
    ? { deployed: base.queries, next: head.queries }
    : concernedBy(changes, base.queries, head.queries);
  const lists = [concerned.deployed, concerned.next];
  if (lists.flat().length === 0) return { ...told, crossed: { catalogs, sameButNames, sides: null } };
  return withSchemaOf(base, (before) =>
    withSchemaOf(head, async (after) => {
      // Each side is a thread of its own.
      const both = await Promise.all([
        tryQueries(before.engine, before.reader, lists, head.set.targetVersion),
        tryQueries(after.engine, after.reader, lists, head.set.targetVersion),
      ]);
      const sameRules = rulesAmong(sameButNames);
      const [old, now] = both.map((tried) => ({ ...tried, sameRules })) as [Tried, Tried];
      const rowsOf = await saidOfRows(head);
      const roles = await chooseRoles([before.engine, after.engine], options.role);
      const isNeeded = options.all
        ? null
        : tablesReached([...concerned.deployed, ...concerned.next], catalogs);
      const seeding = {
        turned: referringToOwnTable([...old.constraints, ...now.constraints]),
        isSeeded: (table: string): boolean => isNeeded?.has(table) ?? true,
      };
      const sides = await TrialGround.with(
        before.engine,
        old,
        { preferred: null, seeding, roles, rowsOf: await saidOfRows(base) },
        (oldGround) =>
          TrialGround.with(
            after.engine,
            now,
            { preferred: oldGround.seeds, seeding, roles, rowsOf },
            async (newGround) => {
              // A rule that is new may have refused what stands here: what it takes is often taken by both.
              if (unlikeTables(oldGround.seeds, newGround.seeds).size > 0)
                await oldGround.sowAgain(newGround.seeds);
              const unlike = unlikeTables(oldGround.seeds, newGround.seeds);
              const [deployed, next] = await Promise.all([
                crossAll(
                  { list: 0, home: old, meets: now, homeGround: oldGround, ground: newGround, roles, unlike },
                  concerned.deployed,
                  changes,
                ),
                crossAll(
                  { list: 1, home: now, meets: old, homeGround: newGround, ground: oldGround, roles, unlike },
                  concerned.next,
                  new Changes(catalogs[1], catalogs[0], moved),
                ),
              ]);
              const others = base.queries.filter((query) => !concerned.deployed.includes(query));
              const mayAll = (role: string): Promise<boolean | null> => mayRunAll(oldGround, others, role);
              return {
                old,
                now,
                deployed: withQueries(concerned.deployed, deployed.all),
                next: withQueries(
                  concerned.next,
                  await withForbidden(
                    { ...next, queries: concerned.next },
                    { ...deployed, queries: concerned.deployed },
                    roles,
                    mayAll,
                  ),
                ),
              };
            },
          ),
      );
      return { ...told, crossed: { catalogs, sameButNames, sides } };
    }),
  );
}

/** Finds what the migrations that are new make of what is stored: by what they say, and by running them on rows. */
async function movedBetween(
  base: SideOf,
  head: SideOf,
  [before, after]: readonly [Catalog, Catalog],
  role: string | null,
): Promise<Moved> {
  const [was, is] = [await filesOf(base), await filesOf(head)];
  const squashed = await squashedFiles(was, is, async () => [before, after]);
  const statements = await addedStatements(
    was,
    is.filter(({ path }) => !squashed.has(path)),
  );
  const routines = new Routines([before, after]);
  const queries = [...base.queries, ...head.queries];
  const watched = await watchedOn(base, [before, after], statements, routines, queries);
  const rewrites = await rewritesBetween(before, after, statements, routines, watched);
  const restarts = await restartsBetween(before, after, statements, routines);
  const deletions = await deletionsBetween(before, after, statements, routines);
  const exchanges = [
    ...(await exchangesBetween(before, after, statements, routines)),
    ...shadowsBetween(before, after, statements, role),
  ];
  const isExchanged = isPartOf(
    new Set(exchanges.flatMap(({ key, isHidden }) => (isHidden ? [] : [key]))),
    after,
  );
  const sameButNames = new Set([
    ...[...(await namedOtherwise(base, head, [before, after]))].filter((key) => !isExchanged(key)),
    ...(await sameBodies([before, after], [onSchemaOf(base), onSchemaOf(head)])),
  ]);
  const read = new Set(queries.flatMap(columnsRead));
  return { ...watched, rewrites, restarts, deletions, exchanges, read, sameButNames };
}

/** Tells of a key whether it is one of some, or that of a part of one. */
const isPartOf =
  (keys: ReadonlySet<string>, { objects }: Catalog) =>
  (key: string): boolean => {
    for (let one: string | null = key; one !== null; one = objects.get(one)?.parent ?? null)
      if (keys.has(one)) return true;
    return false;
  };

/** The columns that a query reads, `schema.table.column`. */
const columnsRead = ({ privileges }: Query): string[] =>
  privileges.flatMap((p) =>
    p.kind === "select" ? p.columns.map((column) => `${p.schema}.${p.table}.${column}`) : [],
  );

/** Finds what is defined as before, but for the names of what it refers to: the keys of what both schemas have. */
async function namedOtherwise(
  base: SideOf,
  head: SideOf,
  [before, after]: readonly [Catalog, Catalog],
): Promise<ReadonlySet<string>> {
  const said = await readRenames(await filesOf(head));
  if (resolveRenames(said, before, after).length === 0) return new Set();
  const { compareOnce } = await import("../../schema/diff.ts");
  const [from, to] = await Promise.all([readSide(await sourceOf(base)), readSide(await sourceOf(head))]);
  const renamed = await compareOnce(head.project.workspace, from, to, { migration: "where renamed" });
  const left = new Set(compareCatalogs(renamed.base, renamed.head).changed.map(({ to }) => to.key));
  return new Set(
    compareCatalogs(from.catalog, to.catalog).changed.flatMap(({ to }) => (left.has(to.key) ? [] : [to.key])),
  );
}

/** Gives those that are constraints, `schema.table.name`. */
const rulesAmong = (keys: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...keys].flatMap((key) => (key.startsWith("constraint:") ? [partsOf(identityOf(key)).join(".")] : [])),
  );

/** Runs the statements of a migration on rows of the base, where one of them may make others of what a query reads. */
async function watchedOn(
  base: SideOf,
  catalogs: readonly [Catalog, Catalog],
  statements: readonly MigrationStatement[],
  routines: Routines,
  queries: readonly Query[],
): Promise<Watched> {
  const touched = await touchedBy(statements, catalogs, routines);
  if (!readsAny(queries, touched?.written ?? null, catalogs)) return { rewrites: [], same: new Set() };
  const reached = touched === null ? tablesReached(queries, catalogs) : new Set<string>();
  const { watchMigration } = await import("./watch.ts");
  const named = new Set(statements.flatMap(({ sql }) => sql.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []));
  const isSeeded = (table: string): boolean =>
    touched?.needed.has(table) ?? (reached.has(table) || named.has(partsOf(table).at(-1)!));
  return withSchemaOf(base, async ({ engine, reader }) => {
    const facts = await readFacts(engine, reader, []);
    return watchMigration(engine, facts, {
      statements,
      routines,
      base: catalogs[0],
      head: catalogs[1],
      seeding: { turned: referringToOwnTable(facts.constraints), isSeeded },
    });
  });
}

/** Gives the files that the schema of a side is made of. */
export const filesOf = async ({ project, set, files }: SideOf): Promise<readonly SchemaFile[]> =>
  files ?? (await project.schema(set)).schema;

/** Works on a database that has the schema of a side, and leaves traces in it. */
async function withSchemaOf<T>(side: SideOf, work: (database: Database) => Promise<T>): Promise<T> {
  const { project, set } = side;
  return project.useSchema({ files: await filesOf(side), databaseUri: set.databaseUri }, "traces", work);
}

const onSchemaOf =
  (side: SideOf) =>
  <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    withSchemaOf(side, ({ engine }) => work(engine));

/** Reads what the schema of a side leads to. */
const appliedOf = async (side: SideOf): ReturnType<typeof readApplied> => readApplied(await sourceOf(side));

async function sourceOf(side: SideOf): Promise<SideSource> {
  const { project, set } = side;
  return { project, files: await filesOf(side), extensions: [], databaseUri: set.databaseUri };
}

/** The tables that may have a part in the queries on either schema, `schema.name`. */
const tablesReached = (queries: readonly Query[], catalogs: readonly Catalog[]): ReadonlySet<string> =>
  new Set(catalogs.flatMap((catalog) => queries.flatMap((query) => tablesReachedBy(query, catalog))));

function tablesReachedBy(query: Query, catalog: Catalog): string[] {
  const reach = reachOf(query, catalog);
  const own = [...reach.keys, ...reach.tables.keys()].flatMap((key) => {
    const object = catalog.objects.get(key);
    return object?.kind === "table" ? [partsOf(object.identity).join(".")] : [];
  });
  return [...own, ...reach.parents];
}

/** Tells whether one of the tables, or any where that is not known, may have a part in the queries on either schema. */
const readsAny = (
  queries: readonly Query[],
  tables: ReadonlySet<string> | null,
  catalogs: readonly Catalog[],
): boolean =>
  tables?.size !== 0 &&
  catalogs.some((catalog) =>
    queries.some((query) => tablesReachedBy(query, catalog).some((table) => tables?.has(table) ?? true)),
  );

const withQueries = (queries: readonly Query[], all: readonly Crossed[]): CrossedQuery[] =>
  queries.map((query, i) => ({ query, crossed: all[i]! }));

/** Finds the queries that the change of the schema may concern, and those that are not deployed as they are, with their predecessors. */
function concernedBy(
  changes: Changes,
  deployed: readonly Query[],
  next: readonly Query[],
): { readonly deployed: readonly Query[]; readonly next: readonly Query[] } {
  const before = new Map(deployed.map((query) => [query.name, clientOf(query)]));
  const isConcerned = new Map<string, boolean>();
  const mayConcern = (query: Query): boolean => {
    const key = JSON.stringify([query.name, query.sql]);
    const known = isConcerned.get(key) ?? changes.mayConcern(query);
    isConcerned.set(key, known);
    return known;
  };
  const tried = next.filter((query) => before.get(query.name) !== clientOf(query) || mayConcern(query));
  const names = new Set(tried.map(({ name }) => name));
  return { deployed: deployed.filter((query) => names.has(query.name) || mayConcern(query)), next: tried };
}

/** All that makes a query's client what it is, whatever oids its types have. */
function clientOf({ command, sql, params, columns }: Query): string {
  return JSON.stringify([
    command,
    sql,
    params.map(({ name, display, nullable, slice, values }) => [name, display, nullable, slice, values]),
    columns.map(({ name, display, nullable }) => [name, display, nullable]),
  ]);
}

/** Tells whether a role may run all of the queries where they are at home; null where that is not known of any. */
async function mayRunAll(
  ground: TrialGround,
  queries: readonly Query[],
  role: string,
): Promise<boolean | null> {
  let isKnown: true | null = null;
  for (const query of queries) {
    const may = await ground.mayRun(query, role);
    if (may === false) return false;
    if (may === true) isKnown = true;
  }
  return isKnown;
}

interface Crossing {
  readonly list: 0 | 1;
  readonly home: Tried;
  readonly meets: Tried;
  readonly homeGround: TrialGround;
  readonly ground: TrialGround;
  readonly roles: TrialRoles;
  /** The tables that could not be given the same rows. */
  readonly unlike: ReadonlySet<string>;
}

interface CrossedList {
  readonly all: readonly Crossed[];
  /** What became of each at home, in the same order. */
  readonly trials: readonly (TrialOf | null)[];
}

/** So many are under way, so that neither side waits for the other. */
const AT_ONCE = 4;

async function crossAll(
  crossing: Crossing,
  queries: readonly Query[],
  changes: Changes,
): Promise<CrossedList> {
  const failing = newlyFailing(crossing.home, crossing.meets);
  const crossed = await overlap([...queries.entries()], AT_ONCE, async ([i, query]) => {
    const own = crossing.home.outcomes[crossing.list]![i]!;
    const other = crossing.meets.outcomes[crossing.list]![i]!;
    const asked = "query" in own ? own.query : query;
    const tried = "query" in own ? await tryAtHome(crossing, query, own.query) : null;
    const trial =
      tried !== null && "query" in other ? await compare(crossing, query, other.query, tried, changes) : null;
    const shown = {
      isTried: trial?.isTried ?? false,
      givesSame: trial?.givesSame ?? false,
      mayRunAs: (role: string) => tried === null || mayRunAs(role, tried.home, crossing.roles),
    };
    const of: Crossed = {
      own,
      other,
      trial,
      concerns: "query" in own && "query" in other ? changes.concerning(asked, shown, failing) : [],
      isTouched: changes.touches(asked),
      refusedAtHome:
        tried === null ? null : refusedAtHome(asked, tried.home.executions, crossing.home.constraints),
      forbidden: null,
    };
    return { of, home: tried?.home ?? null };
  });
  return { all: crossed.map(({ of }) => of), trials: crossed.map(({ home }) => home) };
}

/** Finds what may fail on one schema and is not evaluated on the other. */
function newlyFailing({ failing: own }: Tried, { failing }: Tried): FailingExpression[] {
  return failing.filter(
    ({ table, name, text }) =>
      !own.some((one) => one.text === text && (one.table === table || one.name === name)),
  );
}

interface AtHome {
  readonly variants: ReturnType<TrialGround["variants"]>;
  readonly home: TrialOf;
}

/** @param query as its client sends it, with what it promises of its parameters */
async function tryAtHome({ homeGround }: Crossing, query: Query, own: Query): Promise<AtHome> {
  const variants = homeGround.variants({
    ...own,
    sql: query.sql,
    params: own.params.map((p, i) => ({ ...p, nullable: query.params[i]?.nullable ?? p.nullable })),
  });
  return { variants, home: await homeGround.try(own, variants, null) };
}

async function compare(
  { ground, meets, roles, unlike }: Crossing,
  query: Query,
  other: Query,
  { variants, home }: AtHome,
  changes: Changes,
): Promise<TrialVerdict> {
  const there = await ground.try(other, variants, home);
  const sameRows = ![...changes.tablesOf(query)].some((table) => unlike.has(table));
  const sameValues = isPlain(query, other) && changes.isSteady(query);
  const { constraints } = meets;
  return judge({ query, variants, home, other: there, constraints, roles, sameRows, sameValues });
}

/** Tells whether its rows are of types whose text is what clients see; which members a document has is compared by its type. */
const isPlain = ({ columns }: Query, other: Query): boolean =>
  columns.every(({ display }, i) => PLAIN.test(display) && display === other.columns[i]?.display);
const PLAIN =
  /^(?:bigint|integer|smallint|numeric|real|double precision|boolean|text|citext|character|date|time|interval|uuid|bytea)\b/;

/** The tables that are on one side only, or whose rows differ in a column that both have. */
function unlikeTables(a: Seeds, b: Seeds): ReadonlySet<string> {
  const unlike = new Set<string>();
  for (const table of new Set([...a.rows.keys(), ...b.rows.keys()])) {
    const [some, others] = [a.rows.get(table), b.rows.get(table)];
    const isSame =
      some !== undefined &&
      some.length === others?.length &&
      some.every((row, i) =>
        [...row].every(([column, value]) => !others[i]!.has(column) || others[i]!.get(column) === value),
      );
    if (!isSame) unlike.add(table);
  }
  return unlike;
}

/**
 * Finds queries that no role may run, although one may run whatever is deployed: a grant was forgotten. Where such a role could run the same text before, that is certain.
 * @param mayAll tells whether a role may run what is deployed and was not tried, as far as that is known
 */
async function withForbidden(
  next: CrossedList & { readonly queries: readonly Query[] },
  deployed: CrossedList & { readonly queries: readonly Query[] },
  roles: TrialRoles,
  mayAll: (role: string) => Promise<boolean | null>,
): Promise<readonly Crossed[]> {
  const { names, isMadeUp, isStated } = roles;
  const refuses = (trial: TrialOf | null, role: string): boolean => mayRun(trial, role) === false;
  if (isMadeUp || !next.trials.some((trial) => names.some((role) => refuses(trial, role)))) return next.all;
  const able: string[] = [];
  for (const role of names) {
    const answers = new Set(deployed.trials.map((trial) => mayRun(trial, role)));
    if (!isStated && !answers.has(false)) answers.add(await mayAll(role));
    if (isStated || (answers.has(true) && !answers.has(false))) able.push(role);
  }
  const before = new Map(
    deployed.queries.map((query, i) => [query.name, { query, trial: deployed.trials[i] ?? null }]),
  );
  const wentBefore = ({ name }: Query): boolean =>
    able.some((role) => mayRun(before.get(name)?.trial ?? null, role) === true);
  const isTaken = (query: Query): boolean =>
    before.get(query.name)?.query.sql.text === query.sql.text && wentBefore(query);
  return next.all.map((crossed, i) => {
    const trial = next.trials[i] ?? null;
    if (able.length === 0 || able.some((role) => !refuses(trial, role))) return crossed;
    const refusal = trial?.byRole.get(able[0]!)?.find(({ ok }) => !ok);
    // Which rows a policy lets in may rest on what the application sets: that is no right, unless it went well without.
    if (refusal !== undefined && isOfPolicy(refusal) && !wentBefore(next.queries[i]!)) return crossed;
    return {
      ...crossed,
      forbidden: refusal?.ok === false ? `as ${able.join(", ")}: ${refusal.message}` : null,
      isForbiddenForSure: isStated || isTaken(next.queries[i]!),
    };
  });
}

/** Tells whether a role, or a member of it, may run a query: also where it has rights that the schema does not say. */
function mayRunAs(role: string, home: TrialOf, { names, isStated, memberOf }: TrialRoles): boolean {
  const members = names.filter((name) => memberOf.get(name)?.has(role));
  return members.length === 0 ? !isStated : members.some((name) => mayRun(home, name) !== false);
}

/** Tells whether a role may run a query; null where that is not known. */
function mayRun(trial: TrialOf | null, role: string): boolean | null {
  const own = trial?.byRole.get(role);
  if (own === undefined || own.length === 0) return null;
  // COPY is not for a table whose row security holds for the role.
  return !own.every(isForbidden) && !own.some((one) => !one.ok && one.sqlState === "0A000");
}

/** Reads in the files of a schema what becomes of the rows of its materialized views, by what is said of each last. */
async function saidOfRows(side: SideOf): Promise<RowsOfView> {
  const said = new Map<string, "filled" | "emptied">();
  for (const { text } of await filesOf(side))
    for (const [, verb, view, without] of text.matchAll(OF_ROWS)) {
      const name = partsOf(view!).at(-1)!;
      // One that is made has the rows that it was made with.
      if (verb!.toLowerCase() === "create") said.delete(name);
      else said.set(name, without === undefined ? "filled" : "emptied");
    }
  return (view) => said.get(partsOf(view).at(-1)!) ?? "as it was made";
}

const OF_ROWS =
  /\b(create|refresh)\s+materialized\s+view\s+(?:concurrently\s+|if\s+not\s+exists\s+)?([^\s;(]+)(\s+with\s+no\s+data\b)?/gi;
