import { once } from "../../../model/once.ts";
import type { Engine } from "../../../postgres/engine.ts";
import { quoteIdentifier, quoteLiteral } from "../../../sql/quoting.ts";

/** The roles that statements are tried as. */
export interface TrialRoles {
  readonly names: readonly string[];
  /** Whether the project says that its application is this one. */
  readonly isStated: boolean;
  /** Whether it was made here: it has every right on every object, and owns none. */
  readonly isMadeUp: boolean;
  /** By name, all that it is a member of on either side, itself included. */
  readonly memberOf: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The name of a role that no project has. */
const MADE_UP = "solitude_application";

/** Reads who is granted something on a relation of the user's, and is neither its owner nor a superuser. */
export async function readGrantees(engine: Engine): Promise<string[]> {
  const rows = await engine.run(
    `select distinct r.rolname::text as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) a
     join pg_roles r on r.oid = a.grantee
     where n.nspname not in ('pg_catalog', 'information_schema') and a.grantee <> c.relowner
       and not r.rolsuper and r.rolname !~ '^pg_'
     order by 1`,
  );
  return rows.map((row) => String(row.name));
}

/** Tells whether row security stands on any table. */
export async function hasRowSecurity(engine: Engine): Promise<boolean> {
  const rows = await engine.run("select 1 from pg_class where relrowsecurity or relforcerowsecurity limit 1");
  return rows.length > 0;
}

/** Says who runs the statements: the stated role, those that the schemas grant something, or, for row security, one that is made up. */
export async function chooseRoles(engines: readonly Engine[], stated: string | null): Promise<TrialRoles> {
  const chosen =
    stated === null ? [...new Set((await Promise.all(engines.map(readGrantees))).flat())].sort() : [stated];
  if (chosen.length > 0) {
    const read = await Promise.all(engines.map((engine) => readMemberships(engine, chosen)));
    const memberOf = new Map(
      chosen.map((name) => [name, new Set([name, ...read.flatMap((one) => one.get(name) ?? [])])]),
    );
    return { names: chosen, isStated: stated !== null, isMadeUp: false, memberOf };
  }
  const isWanted = (await Promise.all(engines.map(hasRowSecurity))).includes(true);
  return {
    names: isWanted ? [MADE_UP] : [],
    isStated: false,
    isMadeUp: isWanted,
    memberOf: new Map(),
  };
}

/** Reads of which roles some are members, be it by way of others. */
async function readMemberships(engine: Engine, names: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await engine.run(
    `select m.rolname::text as member, r.rolname::text as role
     from pg_roles m join pg_roles r on pg_has_role(m.oid, r.oid, 'member')
     where m.rolname in (${names.map(quoteLiteral).join(", ")})`,
  );
  const memberships = new Map<string, string[]>();
  for (const { member, role } of rows) once(memberships, String(member), () => []).push(String(role));
  return memberships;
}

/** Makes the role that was made up, in the transaction that is rolled back. */
export async function makeRole(engine: Engine): Promise<void> {
  const rows = await engine.run(
    "select nspname::text as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
  );
  const schemas = rows.map((row) => quoteIdentifier(String(row.name))).join(", ");
  const role = quoteIdentifier(MADE_UP);
  await engine.run(
    `create role ${role} nologin; grant usage on schema ${schemas} to ${role};
     grant all on all tables in schema ${schemas} to ${role}; grant all on all sequences in schema ${schemas} to ${role};
     grant execute on all routines in schema ${schemas} to ${role}`,
  );
}

/** Tells whether a role is there. */
export async function hasRole(engine: Engine, role: string): Promise<boolean> {
  return (await engine.run(`select 1 from pg_roles where rolname = ${quoteLiteral(role)}`)).length > 0;
}
