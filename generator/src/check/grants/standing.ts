import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Engine } from "../../postgres/engine.ts";
import { quoteIdentifierIfNeeded, quoteLiteral } from "../../sql/quoting.ts";
import type { Rights } from "./rights.ts";

/** What a role is on a server, beside its rights on the objects of schemas. */
interface Standing {
  readonly database: string;
  readonly canLogin: boolean;
  /** Whether a role that may sign in has its rights. */
  readonly hasMembers: boolean;
  readonly isExpired: boolean;
  readonly hasNoConnection: boolean;
  readonly connects: boolean;
  readonly attributes: readonly string[];
}

/** A role that this one is a member of, itself or through others. */
interface Group {
  readonly name: string;
  readonly isSuper: boolean;
  readonly inherits: boolean;
  readonly becomes: boolean;
  readonly administers: boolean;
  /** Whether it came with another one of PostgreSQL's own roles, and by nothing else. */
  readonly cameAlong: boolean;
}

const problem = (code: string, severity: "error" | "warning", message: string, hint: string): Diagnostic => ({
  code,
  severity,
  message,
  hint,
});

/** Says what keeps a role from working in the database at all, and what it may beyond the objects of the schemas. */
export async function checkStanding(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  const [row] = await engine.run(standingOf(role));
  if (row === undefined) return [];
  const own = row as unknown as Standing;
  const name = quoteIdentifierIfNeeded(role);
  const found: Diagnostic[] = [];
  const lack = (severity: "error" | "warning", message: string, hint: string): void =>
    void found.push(problem("grants-missing", severity, message, hint));
  const more = (message: string, hint: string): void =>
    void found.push(problem("grants-needless", "warning", message, hint));
  const database = quoteIdentifierIfNeeded(own.database);
  if (!own.connects)
    lack(
      "error",
      `${role} has no right to connect on database ${own.database}`,
      `grant connect on database ${database} to ${name}`,
    );
  if (!own.canLogin && !own.hasMembers)
    lack(
      "warning",
      `${role} may not sign in, and no role that may has its rights`,
      `alter role ${name} login, or grant ${name} to the role that the application signs in as`,
    );
  if (own.isExpired)
    lack(
      "warning",
      `the password of ${role} is valid no longer`,
      `alter role ${name} valid until 'infinity'`,
    );
  if (own.hasNoConnection)
    lack("warning", `${role} may have no connection`, `alter role ${name} connection limit -1`);
  for (const attribute of own.attributes)
    more(WHAT_ATTRIBUTES_GIVE[attribute]!(role), `alter role ${name} no${attribute}`);
  for (const group of (await engine.run(groupsOf(role, engine.version))) as unknown as Group[])
    for (const message of saidOf(role, group, rights))
      more(message, `revoke ${quoteIdentifierIfNeeded(group.name)} from ${name}`);
  for (const { what, through, hint } of await engine.run(beyondObjects(role, rights, engine.version)))
    more(
      `${role} ${String(what)}${through === "" ? "" : ` through ${String(through)}`}, and no query needs it`,
      String(hint),
    );
  return found;
}

const WHAT_ATTRIBUTES_GIVE: Readonly<Record<string, (role: string) => string>> = {
  bypassrls: (role) => `${role} bypasses row security`,
  createrole: (role) => `${role} may make roles, and change those that it made`,
  createdb: (role) => `${role} may make databases`,
  replication: (role) => `${role} may copy the whole server (REPLICATION)`,
};

function standingOf(role: string): string {
  return `
    select current_database() as database, r.rolcanlogin as "canLogin", exists (
        select from pg_roles m where m.rolcanlogin and not m.rolsuper and m.oid <> r.oid and pg_has_role(m.oid, r.oid, 'usage')) as "hasMembers",
      r.rolcanlogin and coalesce(r.rolvaliduntil < now(), false) as "isExpired", r.rolcanlogin and r.rolconnlimit = 0 as "hasNoConnection",
      has_database_privilege(r.oid, current_database(), 'connect') as connects, array_remove(array[
        case when r.rolbypassrls then 'bypassrls' end, case when r.rolcreaterole then 'createrole' end,
        case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end], null) as attributes
    from pg_roles r where r.rolname = ${quoteLiteral(role)}`;
}

/** SET and INHERIT can be told apart since PostgreSQL 16. */
function groupsOf(role: string, version: number): string {
  const becomes = version >= 160_000 ? "pg_has_role(r.oid, g.oid, 'set')" : "true";
  return `
    select g.rolname::text as name, g.rolsuper as "isSuper", pg_has_role(r.oid, g.oid, 'usage') as inherits, ${becomes} as becomes,
      exists (select from pg_auth_members m where m.roleid = g.oid and m.admin_option and pg_has_role(r.oid, m.member, 'usage')) as administers,
      not exists (select from pg_auth_members m join pg_roles a on a.oid = m.member and a.rolname !~ '^pg_' where m.roleid = g.oid and pg_has_role(r.oid, a.oid, 'member')) as "cameAlong"
    from pg_roles r, pg_roles g where r.rolname = ${quoteLiteral(role)} and g.oid <> r.oid and pg_has_role(r.oid, g.oid, 'member')
      and g.rolname <> 'pg_database_owner' order by 1`;
}

const READS_ALL = /^pg_(?:read|write)_all_data$/;

function* saidOf(role: string, { name, ...group }: Group, { unmet }: Rights): Iterable<string> {
  const isNeeded = unmet.some(({ by, why }) => by === "membership" && why.includes(` ${name}`));
  if (READS_ALL.test(name)) {
    if (group.inherits) yield `${role} is a member of ${name}: no table is kept from it`;
  } else if (name.startsWith("pg_") && group.inherits && !isNeeded && !group.cameAlong)
    yield `${role} is a member of ${name}, and no query needs it`;
  if (group.isSuper && group.becomes)
    yield `${role} can become ${name}, a superuser: no right is kept from it`;
  else if (!group.inherits && group.becomes)
    yield `${role} can become ${name} by SET ROLE, and has its rights then`;
  if (group.administers) yield `${role} may make anybody a member of ${name}`;
}

/** Rights on the database, settings, servers, large objects and in other schemas, those that new objects will give, and what may be given to others or done as their owner. */
function beyondObjects(role: string, { schemas, words }: Rights, version: number): string {
  const elsewhere = `n.nspname !~ '^pg_' and n.nspname not in (${["information_schema", ...schemas].map(quoteLiteral).join(", ")})`;
  const usesLargeObjects = [...words].some((word) => /^lo_|^lo(?:read|write)$/.test(word));
  const within = `n.nspname in (${["", ...schemas].map(quoteLiteral).join(", ")})`;
  const called = `p.proname in (${["", ...words].map(quoteLiteral).join(", ")})`;
  const parts = [
    `select 'may make schemas in database ' || d.datname, g.through, 'revoke create on database ' || quote_ident(d.datname) || ' from …' from pg_database d, aclexplode(d.datacl) a
      join giver g on g.oid = a.grantee where d.datname = current_database() and a.privilege_type = 'CREATE' and a.grantee <> d.datdba`,
    `select 'owns database ' || d.datname, g.through, 'Let another role own it.' from pg_database d join giver g on g.oid = d.datdba where d.datname = current_database()`,
    `select 'owns ' || case p.prokind when 'p' then 'procedure ' else 'function ' end || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', g.through, 'Let another role own it.'
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join giver g on g.oid = p.proowner where ${within}`,
    `select 'may call ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || '), which does what ' || o.rolname || ' may', '', 'revoke execute on function … from public'
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner, self
      where ${within} and p.prosecdef and p.proowner <> self.oid and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) and not ${called}
        and has_function_privilege(self.oid, p.oid, 'execute') and has_schema_privilege(self.oid, n.oid, 'usage')
        and not exists (select from pg_depend d where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid)
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
    `select 'will have ' || string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) || ' on ' || case c.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end
        || ' that ' || pg_get_userbyid(c.defaclrole) || ' makes' || coalesce(' in schema ' || n.nspname, ''), g.through, 'alter default privileges … revoke'
      from pg_default_acl c left join pg_namespace n on n.oid = c.defaclnamespace, aclexplode(c.defaclacl) a join giver g on g.oid = a.grantee
      where a.grantee <> c.defaclrole and not (a.grantee = 0 and c.defaclobjtype in ('f', 'T')) group by c.oid, c.defaclobjtype, c.defaclrole, n.nspname, g.through`,
    `select 'may give others ' || lower(a.privilege_type) || ' on ' || x.name, g.through, 'revoke grant option for …' from (
        select n.nspname || '.' || c.relname as name, c.relacl as acl, c.relowner as owner from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${within}
        union all select n.nspname || '.' || c.relname || '.' || t.attname, t.attacl, c.relowner from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace where ${within} and not t.attisdropped
        union all select 'schema ' || n.nspname, n.nspacl, n.nspowner from pg_namespace n where ${within}
        union all select 'function ' || n.nspname || '.' || p.proname, p.proacl, p.proowner from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${within}) x,
      aclexplode(x.acl) a join giver g on g.oid = a.grantee where a.is_grantable and a.grantee <> x.owner`,
    `select 'has rights in schema ' || x.schema || ', which is none of the project''s: on ' || left(string_agg(distinct x.name, ', '), 200), g.through, 'revoke … in schema ' || quote_ident(x.schema) || ' from …' from (
        select n.nspname as schema, c.relname::text as name, c.relacl as acl, c.relowner as owner from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${elsewhere} and c.relkind in ('r', 'v', 'm', 'f', 'p', 'S')
        union all select n.nspname, c.relname || '.' || t.attname, t.attacl, c.relowner from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace where ${elsewhere} and t.attacl is not null and not t.attisdropped
        union all select n.nspname, p.proname || '()', p.proacl, p.proowner from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${elsewhere}
        union all select n.nspname, 'itself', n.nspacl, n.nspowner from pg_namespace n where ${elsewhere}) x,
      lateral (select a.grantee from aclexplode(x.acl) a where a.grantee <> 0 union select x.owner) a join giver g on g.oid = a.grantee group by x.schema, g.through`,
    `select 'may create in tablespace ' || s.spcname, g.through, 'revoke create on tablespace ' || quote_ident(s.spcname) || ' from …' from pg_tablespace s, aclexplode(s.spcacl) a join giver g on g.oid = a.grantee where a.grantee <> s.spcowner`,
    `select 'may use foreign-data wrapper ' || w.fdwname, g.through, 'revoke usage on foreign data wrapper …' from pg_foreign_data_wrapper w, aclexplode(w.fdwacl) a join giver g on g.oid = a.grantee where a.grantee <> w.fdwowner`,
    ...(usesLargeObjects
      ? []
      : [
          `select 'has rights on large object ' || min(l.oid::int8) || case when count(distinct l.oid) > 1 then ' and ' || count(distinct l.oid) - 1 || ' more' else '' end, g.through, 'revoke all on large object … from …'
           from pg_largeobject_metadata l, lateral (select a.grantee from aclexplode(l.lomacl) a union select l.lomowner) a join giver g on g.oid = a.grantee group by g.through`,
        ]),
    `select 'may use foreign server ' || s.srvname, g.through, 'revoke usage on foreign server …' from pg_foreign_server s, aclexplode(s.srvacl) a join giver g on g.oid = a.grantee where a.grantee <> s.srvowner`,
    ...(version >= 150_000
      ? [
          `select 'may ' || lower(a.privilege_type) || ' parameter ' || s.parname, g.through, 'revoke … on parameter' from pg_parameter_acl s, aclexplode(s.paracl) a join giver g on g.oid = a.grantee`,
        ]
      : []),
  ];
  return `
    with self as (select oid from pg_roles where rolname = ${quoteLiteral(role)}), giver as (
      select 0::oid as oid, 'PUBLIC' as through
      union all select r.oid, case when r.oid = self.oid then '' else r.rolname::text end
      from self, pg_roles r where pg_has_role(self.oid, r.oid, 'usage') and r.rolname <> 'pg_database_owner')
    select what, through, hint from (${parts.join(" union all ")}) found(what, through, hint) order by 1, 2`;
}
