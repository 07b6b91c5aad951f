import type { Row } from "./engine.ts";

// Databases that are made on somebody's server for one run go with it; where the run was killed, the next one takes them away.

/** Gives the name of the session that made one, from before it is there until it has gone. */
export const ownerOf = (database: string): string => `solitude-gen ${database}`;

/** A role that was made for a run, with its number: another one of that name is somebody's. */
export type MadeRole = readonly [name: string, oid: number];

const MARK = "made by solitude-gen for one run: ";

/** Says on a database that the next run may drop it, and which roles go with it. */
export const markOf = (roles: readonly MadeRole[]): string => MARK + JSON.stringify({ roles });

/** A database whose run was killed. */
export interface LeftDatabase {
  readonly name: string;
  /** The roles that go with it; null where nothing on it says that it may go. */
  readonly roles: readonly MadeRole[] | null;
}

/** Finds what runs have left that were killed: databases that are called as theirs, whose maker has gone, and in which nobody is. */
export async function leftDatabases(run: (sql: string) => Promise<readonly Row[]>): Promise<LeftDatabase[]> {
  const rows = await run(`select d.datname::text as name, shobj_description(d.oid, 'pg_database') as mark
    from pg_catalog.pg_database d where d.datname ~ '^solitude_gen_[0-9]+_[0-9a-f]{12}$' and not exists (
      select from pg_catalog.pg_stat_activity a where a.datname = d.datname or a.application_name = '${ownerOf("")}' || d.datname)
    order by 1`);
  return rows.map(({ name, mark }) => ({ name: String(name), roles: rolesOf(mark) }));
}

function rolesOf(mark: unknown): readonly MadeRole[] | null {
  if (typeof mark !== "string" || !mark.startsWith(MARK)) return null;
  try {
    const { roles } = JSON.parse(mark.slice(MARK.length)) as { roles: readonly MadeRole[] };
    return roles;
  } catch {
    return null;
  }
}
