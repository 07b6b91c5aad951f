import { withPath } from "../../../analysis/schema/own-search-path.ts";
import { DiagnosticError } from "../../../model/diagnostic.ts";
import { type Engine, PostgresError } from "../../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { REACHES_SERVER } from "../../../postgres/shared-catalogs.ts";
import type { Catalog, CatalogObject } from "../catalog.ts";
import { compareCatalogs, isSame } from "../compare.ts";
import type { Rename } from "../renames.ts";
import { withRolesOf } from "../roles.ts";
import { readCatalog } from "../snapshot/read.ts";
import { toOnline } from "./online.ts";
import type { OnlineStep } from "./online-steps.ts";
import { type Plan, planMigration } from "./plan.ts";
import { withRefusals } from "./refusals.ts";
import type { Statement } from "./statement.ts";
import { moveColumns, tablesApart, withoutTypes } from "./tables-of-types.ts";
import { readCasts } from "./types.ts";

export interface Migration {
  readonly statements: readonly Statement[];
  /** The number of statements at the start that must be committed before the rest runs; mostly 0. */
  readonly committedFirst: number;
  /** Whether it was seen to take a lock on something in use that keeps others from reading or writing. */
  readonly locks: boolean;
  /** What differs and no statement is written for; then there are no statements. */
  readonly unsupported: readonly CatalogObject[];
  /** The same in words that keep tables in use readable and writable; null where there is nothing to gain by them. */
  readonly online: readonly OnlineStep[] | null;
}

export interface MigrationOptions {
  /** Already done on the engine, and on the base. */
  readonly renames?: readonly Rename[];
  /** What to say before the statement that drops an object, by its key. */
  readonly notes?: ReadonlyMap<string, string>;
  /** False where the two catalogs are of different versions of PostgreSQL: then nothing is compared afterwards. */
  readonly isExact?: boolean;
}

/** Rows that migrations put in would be in the way of what only the real ones may refuse. Mostly there are none, and to truncate a hundred tables takes long. */
export const EMPTY_TABLES = `set session_replication_role = replica;
  do $$ declare tables text[]; t text; filled bool; begin
    select array_agg(c.oid::regclass::text) into tables from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_';
    foreach t in array coalesce(tables, '{}') loop
      execute 'select exists (select from ' || t || ')' into filled;
      if filled then execute 'truncate ' || array_to_string(tables, ', '); exit; end if;
    end loop;
  end $$;
  reset session_replication_role`;

/** What one change does to a partition, a child or a new object's privileges shows only when it was made. */
const MOST_ROUNDS = 5;

/**
 * Writes the migration from one catalog to the other and proves it: runs it on the engine, which holds the base, and
 * compares what came of it with the head.
 * @throws DiagnosticError `internal-migration` where a statement is refused or a difference remains
 */
export async function writeMigration(
  engine: Engine,
  base: Catalog,
  head: Catalog,
  { renames = [], notes = new Map(), isExact = true }: MigrationOptions = {},
): Promise<Migration> {
  const casts = await readCasts(engine);
  const statements: Statement[] = renames.map(({ sql, key, to }) => ({
    sql,
    object: key,
    subject: to,
    destroys: null,
    note: null,
  }));
  let committedFirst = 0;
  let locks = renames.length > 0;
  let now = base;
  await engine.run(EMPTY_TABLES);
  const last = await lastRelation(engine);
  const aside = new Set<string>();
  /** Goes on to a catalog, and gives what differs and no statement is written for. */
  const goOn = async (to: Catalog): Promise<Plan["unsupported"]> => {
    for (let round = 0; !isSame(compareCatalogs(now, to)); round++) {
      const plan = annotate(planMigration(now, to, casts), notes, aside);
      if (plan.unsupported.length > 0) return plan.unsupported;
      if (plan.statements.length === 0 || round === MOST_ROUNDS) throw remains(now, to, statements);
      const first = await apply(engine, plan.statements, async () => {
        locks ||= await locksAny(engine, last);
      });
      if (statements.length === renames.length && first > 0) committedFirst = statements.length + first;
      statements.push(...plan.statements);
      now = withRolesOf(await readCatalog(engine), [base, head]);
      // Another version of PostgreSQL prints some things in its own way.
      if (!isExact) break;
    }
    return [];
  };
  const apart = tablesApart(base, head, () => planMigration(base, head, casts).unsupported);
  let unsupported = apart.length === 0 ? [] : await goOn(withoutTypes(head, apart));
  for (const table of unsupported.length > 0 ? [] : apart) {
    const moved = moveColumns(table, now, head);
    if (moved === null) unsupported = [table];
    if (moved === null || moved.statements.length === 0) continue;
    for (const key of moved.aside) aside.add(key);
    await apply(engine, moved.statements, async () => {});
    statements.push(...moved.statements);
    now = withRolesOf(await readCatalog(engine), [base, head]);
  }
  if (unsupported.length === 0) unsupported = await goOn(head);
  if (unsupported.length > 0) return { ...NO_MIGRATION, unsupported };
  return {
    statements: withRefusals(statements, base, head),
    committedFirst,
    locks,
    unsupported: [],
    online: null,
  };
}

/** Between two schemas that are the same. */
export const NO_MIGRATION: Migration = {
  statements: [],
  committedFirst: 0,
  locks: false,
  unsupported: [],
  online: null,
};

async function lastRelation(engine: Engine): Promise<number> {
  const [row] = await engine.run("select max(oid)::int8 as oid from pg_catalog.pg_class");
  return Number(row?.oid);
}

/** Tells whether the open transaction keeps anybody from a relation up to the given one. */
async function locksAny(engine: Engine, last: number): Promise<boolean> {
  const rows = await engine.run(
    `select 1 from pg_catalog.pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted
       and relation between ${FIRST_NORMAL_OID} and ${last} and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') limit 1`,
  );
  return rows.length > 0;
}

/**
 * Says a migration's statements so that tables stay in use, and proves it on an engine that holds the base as it was before the renames.
 * @returns null where there is nothing to gain, or the other words do not lead to the same catalog
 */
export async function writeOnline(
  engine: Engine,
  { statements, unsupported }: Migration,
  base: Catalog,
  head: Catalog,
): Promise<readonly OnlineStep[] | null> {
  const steps = unsupported.length > 0 ? null : toOnline(statements, base, head);
  if (steps === null) return null;
  await engine.run(EMPTY_TABLES);
  await engine.run("set check_function_bodies = off");
  for (const step of steps) {
    if (step.inTransaction) {
      if ((await tryTransaction(engine, step.statements)) !== null) return null;
      continue;
    }
    try {
      for (const { sql } of step.statements) await engine.run(sql);
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      return null;
    }
  }
  const now = withRolesOf(await readCatalog(engine), [base, head]);
  return isSame(compareCatalogs(now, head)) ? steps : null;
}

/** @param aside columns of which another has the values by now */
function annotate(plan: Plan, notes: ReadonlyMap<string, string>, aside: ReadonlySet<string>): Plan {
  const statements = plan.statements.map((statement) => {
    if (aside.has(statement.object)) return { ...statement, destroys: null };
    const note = notes.get(statement.object);
    return statement.destroys !== null && note !== undefined ? { ...statement, note } : statement;
  });
  return { ...plan, statements };
}

/** Runs the statements in one transaction, or, where they use a label that they add to an enum, in two. */
async function apply(
  engine: Engine,
  statements: readonly Statement[],
  beforeCommit: () => Promise<void>,
): Promise<number> {
  const values = statements.findIndex(({ sql }) => !ADDS_VALUE.test(sql));
  const error = await tryTransaction(engine, statements, beforeCommit);
  if (error === null) return 0;
  // unsafe_new_enum_value_usage
  if (error.cause.sqlState !== "55P04" || values <= 0) throw refused(error);
  for (const part of [statements.slice(0, values), statements.slice(values)]) {
    const again = await tryTransaction(engine, part, beforeCommit);
    if (again !== null) throw refused(again);
  }
  return values;
}

const ADDS_VALUE = /^alter type .* add value /;

interface Refusal {
  readonly statement: Statement;
  readonly cause: PostgresError;
}

/** @param otherwise how statements are run that were refused as they are written */
async function tryTransaction(
  engine: Engine,
  statements: readonly Statement[],
  beforeCommit = async (): Promise<void> => {},
  otherwise: ReadonlyMap<Statement, (engine: Engine) => Promise<boolean>> = new Map(),
): Promise<Refusal | null> {
  await engine.run("begin; set local check_function_bodies = off");
  for (const statement of statements) {
    try {
      if (!(await otherwise.get(statement)?.(engine))) await engine.run(statement.sql);
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      await engine.run("rollback");
      const other = otherwise.has(statement) ? null : withPath(statement.sql, error);
      if (other === null) return { statement, cause: error };
      return tryTransaction(engine, statements, beforeCommit, new Map([...otherwise, [statement, other]]));
    }
  }
  await beforeCommit();
  try {
    await engine.run("commit");
  } catch (error) {
    await engine.run("rollback");
    throw error instanceof PostgresError && error.sqlState === REACHES_SERVER ? reachesServer(error) : error;
  }
  return null;
}

function reachesServer({ message }: PostgresError): DiagnosticError {
  return new DiagnosticError([
    {
      code: "schema-reaches-server",
      severity: "error",
      message: `the migration cannot be tried on the server of \`database.uri\`: ${message}`,
      hint: "Leave `database` out to use the embedded PostgreSQL, or name a server that is there for this alone.",
    },
  ]);
}

function refused({ statement, cause }: Refusal): DiagnosticError {
  return internal(
    `PostgreSQL refuses a statement of the migration: ${cause.message}`,
    [statement.sql, cause.detail].filter(Boolean).join("\n"),
  );
}

function remains(now: Catalog, head: Catalog, statements: readonly Statement[]): DiagnosticError {
  const { added, removed, changed } = compareCatalogs(now, head);
  const lines = [
    ...added.map(({ key }) => `+ ${key}`),
    ...removed.map(({ key }) => `- ${key}`),
    ...changed.map(({ to, properties }) => `~ ${to.key}: ${properties.join(", ")}`),
  ];
  return internal(
    `the migration of ${statements.length} statements leaves a difference`,
    lines.slice(0, 20).join("\n"),
  );
}

function internal(message: string, detail: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: "internal-migration",
      severity: "error",
      message: `${message}\n${detail}`,
      hint: "This is a defect of solitude-gen; nothing was written. Please report it with the two schemas.",
    },
  ]);
}
