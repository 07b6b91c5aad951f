import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";
import type { Row } from "./engine.ts";
import type { MadeRoles } from "./shared-catalogs.ts";

// Databases that are made on somebody's server for one run go with it; where the run was killed, the next one takes them away.

type Run = (sql: string) => Promise<readonly Row[]>;

/** Gives the name of the session that made one, from before it is there until it has gone. */
export const ownerOf = (database: string): string => `solitude-gen ${database}`;

/** How many connections one of them may have: a mark that is there as soon as it is, and no number that anybody writes. */
export const MARKING_LIMIT = 712_026_033;

const MARK = "made by solitude-gen for one run: ";

/** Says on a database that the next run may drop it, and which roles go with it, each with its number: another one of that name is somebody's. */
export const markOf = (roles: MadeRoles): string =>
  MARK + JSON.stringify({ roles: [...roles].map(([oid, name]) => [name, Number(oid)]) });

/** Gives the SQL that writes that down. */
export const marking = (database: string, roles: MadeRoles): string =>
  `comment on database ${quoteIdentifier(database)} is ${quoteLiteral(markOf(roles))}`;

/** A database that was made for a run. */
export interface LeftDatabase {
  readonly name: string;
  /** The roles that go with it; null where nothing on it says that it may go. */
  readonly roles: MadeRoles | null;
}

/** Finds what runs have left that were killed: databases that are called as theirs, whose maker has gone, and in which nobody is. */
export const leftDatabases = (run: Run): Promise<LeftDatabase[]> => madeDatabases(run, false);

/** Gives the roles that other runs have made, which go on. */
export async function othersRoles(run: Run, own: string): Promise<MadeRoles> {
  const others = (await madeDatabases(run, true)).filter(({ name }) => name !== own);
  return new Map(others.flatMap(({ roles }) => [...(roles ?? [])]));
}

/** Gives the roles that are written down at a database, those too that another run has left to it. */
export async function rolesAt(run: Run, database: string): Promise<MadeRoles> {
  return (await madeDatabases(run, true)).find(({ name }) => name === database)?.roles ?? new Map();
}

async function madeDatabases(run: Run, isInUse: boolean): Promise<LeftDatabase[]> {
  const rows =
    await run(`select d.datname::text as name, d.datconnlimit as "limit", shobj_description(d.oid, 'pg_database') as mark
    from pg_catalog.pg_database d where d.datname ~ '^solitude_gen_[0-9]+_[0-9a-f]{12}$' and ${isInUse ? "" : "not "}exists (
      select from pg_catalog.pg_stat_activity a where a.datname = d.datname or a.application_name = '${ownerOf("")}' || d.datname)
    order by 1`);
  return rows.map(({ name, limit, mark }) => ({
    name: String(name),
    roles: rolesOf(mark) ?? (Number(limit) === MARKING_LIMIT ? new Map() : null),
  }));
}

function rolesOf(mark: unknown): MadeRoles | null {
  if (typeof mark !== "string" || !mark.startsWith(MARK)) return null;
  try {
    const { roles } = JSON.parse(mark.slice(MARK.length)) as {
      roles: readonly (readonly [string, number])[];
    };
    return new Map(roles.map(([name, oid]) => [String(oid), name]));
  } catch {
    return null;
  }
}

/** Drops roles that no database needs any more: those that another run has made stay with that, and those that it uses by now are left to it. */
export async function dropRoles(run: Run, made: MadeRoles, turns = TURNS): Promise<void> {
  const others = await othersRoles(run, "");
  const there = await stillThere(run, new Map([...made].filter(([oid]) => !others.has(oid))));
  if (there.size === 0) return;
  const names = [...there.values()].map(quoteIdentifier);
  // Together they need nothing of one another.
  if (await does(run, `drop role ${names.join(", ")}`)) return;
  for (const name of names) await does(run, `drop role if exists ${name}`);
  const used = await stillThere(run, there);
  if (used.size === 0) return;
  const [heir] = await madeDatabases(run, true);
  const isLeft =
    heir !== undefined && (await does(run, marking(heir.name, new Map([...(heir.roles ?? []), ...used]))));
  // An heir that is about to go may have read what is left to it before.
  if (turns === 0 || (!isLeft && heir === undefined && turns < TURNS)) return;
  await new Promise((resolve) => setTimeout(resolve, BETWEEN_TURNS));
  const isHeirThere = (await madeDatabases(run, true)).some(({ name }) => name === heir?.name);
  if (!isHeirThere) await dropRoles(run, used, turns - 1);
}

const TURNS = 4;
const BETWEEN_TURNS = 250;

async function stillThere(run: Run, roles: MadeRoles): Promise<MadeRoles> {
  if (roles.size === 0) return roles;
  const rows = await run(
    `select oid::int8::text as oid, rolname::text as name from pg_catalog.pg_roles where oid in (${[...roles.keys()].join()})`,
  );
  // Another one of that number would be somebody's; one of that name is told apart by its number.
  return new Map(rows.map(({ oid, name }) => [String(oid), String(name)]));
}

/** Tells whether a statement is done. */
export const does = (run: Run, sql: string): Promise<boolean> =>
  run(sql).then(
    () => true,
    () => false,
  );
