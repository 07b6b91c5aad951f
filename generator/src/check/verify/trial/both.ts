import type { QuerySetConfig } from "../../../config/config.ts";
import type { Diagnostic } from "../../../model/diagnostic.ts";
import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import type { Database } from "../../../project/open-database.ts";
import type { Project } from "../../../project/project.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog } from "../../schema/catalog.ts";
import { Changes } from "../concerns/concerns.ts";
import { type Outcome, type Tried, tryQueries } from "../cross.ts";
import type { Difference } from "../difference.ts";
import { judge, type TrialVerdict } from "./judge.ts";
import { chooseRoles, type TrialRoles } from "./roles.ts";
import type { Seeds } from "./seed.ts";
import { TrialGround, type TrialOf } from "./trial.ts";

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
  /** No role that the schema grants something may run it, where one may run all that is deployed. */
  readonly forbidden: string | null;
  /** Whether the project says that this is the role. */
  readonly isForbiddenForSure?: boolean;
}

export interface CrossedSides {
  readonly old: Tried;
  readonly now: Tried;
  readonly deployed: readonly Crossed[];
  readonly next: readonly Crossed[];
  readonly roles: TrialRoles;
  /** Of the base and of the head. */
  readonly catalogs: readonly [Catalog, Catalog];
}

/**
 * Tries the deployed queries on the new schema and the new ones on the deployed schema: analysed, planned, and executed on the same rows, as the
 * application's role where one is known. Both databases are there at once; all that is done to them is rolled back.
 * @returns null, with diagnostics, where a schema is wrong
 */
export async function crossOver(
  base: SideOf,
  head: SideOf,
  options: { readonly role: string | null },
): Promise<{
  readonly crossed: CrossedSides | null;
  readonly inBase: readonly Diagnostic[];
  readonly inHead: readonly Diagnostic[];
}> {
  return withSchemaOf(base, (before) =>
    withSchemaOf(head, async (after) => {
      const wrong = { crossed: null, inBase: before.diagnostics, inHead: after.diagnostics };
      if ([...before.diagnostics, ...after.diagnostics].some(({ severity }) => severity === "error"))
        return wrong;
      const lists = [base.queries, head.queries];
      const old = await tryQueries(before.engine, before.reader, lists);
      const now = await tryQueries(after.engine, after.reader, lists);
      const { readCatalog } = await import("../../schema/snapshot/read.ts");
      const catalogs = [await readCatalog(before.engine), await readCatalog(after.engine)] as const;
      const isRefreshed = await refreshedIn(head);
      const roles = await chooseRoles([before.engine, after.engine], options.role);
      const crossed = await TrialGround.with(
        before.engine,
        old,
        { preferred: null, roles, isRefreshed: await refreshedIn(base) },
        (oldGround) =>
          TrialGround.with(
            after.engine,
            now,
            { preferred: oldGround.seeds, roles, isRefreshed },
            async (newGround) => {
              const unlike = unlikeTables(oldGround.seeds, newGround.seeds);
              const deployed = await crossAll(
                { list: 0, home: old, meets: now, homeGround: oldGround, ground: newGround, roles, unlike },
                base.queries,
                new Changes(catalogs[0], catalogs[1]),
              );
              const next = await crossAll(
                { list: 1, home: now, meets: old, homeGround: newGround, ground: oldGround, roles, unlike },
                head.queries,
                new Changes(catalogs[1], catalogs[0]),
              );
              return {
                old,
                now,
                deployed: deployed.all,
                next: withForbidden(next, deployed, roles),
                roles,
                catalogs,
              };
            },
          ),
      );
      return { crossed, inBase: before.diagnostics, inHead: after.diagnostics };
    }),
  );
}

/** Gives the files that the schema of a side is made of. */
export const filesOf = async ({ project, set, files }: SideOf): Promise<readonly SchemaFile[]> =>
  files ?? (await project.schema(set)).schema;

/** Works on a database that has the schema of a side, and leaves traces in it. */
async function withSchemaOf<T>(side: SideOf, work: (database: Database) => Promise<T>): Promise<T> {
  const { project, set } = side;
  return project.useSchema({ files: await filesOf(side), databaseUri: set.databaseUri }, "traces", work);
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

async function crossAll(
  crossing: Crossing,
  queries: readonly Query[],
  changes: Changes,
): Promise<CrossedList> {
  const all: Crossed[] = [];
  const trials: (TrialOf | null)[] = [];
  for (const [i, query] of queries.entries()) {
    const own = crossing.home.outcomes[crossing.list]![i]!;
    const other = crossing.meets.outcomes[crossing.list]![i]!;
    const asked = "query" in own ? own.query : query;
    const tried = "query" in own ? await tryAtHome(crossing, query, own.query) : null;
    const trial =
      tried !== null && "query" in other ? await compare(crossing, query, other.query, tried, changes) : null;
    const shown = { isTried: trial?.isTried ?? false, givesSame: trial?.givesSame ?? false };
    trials.push(tried?.home ?? null);
    all.push({
      own,
      other,
      trial,
      concerns: "query" in own && "query" in other ? changes.concerning(asked, shown) : [],
      isTouched: changes.touches(asked),
      forbidden: null,
    });
  }
  return { all, trials };
}

interface AtHome {
  readonly variants: ReturnType<TrialGround["variants"]>;
  readonly home: TrialOf;
}

/** @param query as its client sends it, with what it promises of its parameters */
async function tryAtHome({ homeGround }: Crossing, query: Query, own: Query): Promise<AtHome> {
  const variants = homeGround.variants({
    ...own,
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
  return judge({ query, variants, home, other: there, constraints: meets.constraints, roles, sameRows });
}

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

/** A query that no role may run, although one may run whatever is deployed: a grant was forgotten. */
function withForbidden(next: CrossedList, deployed: CrossedList, roles: TrialRoles): readonly Crossed[] {
  if (roles.isMadeUp) return next.all;
  const mayRun = (trial: TrialOf | null, role: string): boolean | null => {
    const own = trial?.byRole.get(role);
    return own === undefined || own.length === 0
      ? null
      : !own.every((one) => !one.ok && one.sqlState === "42501");
  };
  const able = roles.names.filter((role) => {
    const answers = deployed.trials.map((trial) => mayRun(trial, role)).filter((answer) => answer !== null);
    return roles.isStated || (answers.length > 0 && answers.every(Boolean));
  });
  return next.all.map((crossed, i) => {
    const trial = next.trials[i] ?? null;
    if (able.length === 0 || able.some((role) => mayRun(trial, role) !== false)) return crossed;
    const refusal = trial?.byRole.get(able[0]!)?.[0];
    return {
      ...crossed,
      forbidden: refusal?.ok === false ? `as ${able.join(", ")}: ${refusal.message}` : null,
      isForbiddenForSure: roles.isStated,
    };
  });
}

/** Tells whether the files of a schema say that a materialized view is to be refreshed. */
async function refreshedIn(side: SideOf): Promise<(view: string) => boolean> {
  const schema = await filesOf(side);
  const named = schema.flatMap(({ text }) =>
    [...text.matchAll(/\brefresh\s+materialized\s+view\s+(?:concurrently\s+)?([^\s;]+)/gi)].map(([, name]) =>
      partsOf(name!).at(-1),
    ),
  );
  return (view) => named.includes(partsOf(view).at(-1));
}
