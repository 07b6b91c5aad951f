import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { type ObjectQuery, row } from "./reading.ts";

/** Comments and privileges: parts of any object, gone with it. Whatever is not in the catalog has none. */
export const comments: ObjectQuery = () =>
  `${row({
    class: "pg_description",
    oid: "d.objoid",
    sub: "d.objsubid",
    kind: "comment",
    // A constraint and its index can each have one.
    name: "case when d.classoid = 'pg_class'::regclass and exists (select from pg_constraint k where k.conindid = d.objoid and k.contype in ('p', 'u', 'x')) then 'index' else '' end",
    parent: ["d.classoid::regclass::text", "d.objoid", "d.objsubid"],
    properties: { text: "d.description" },
  })} from pg_description d where d.objoid >= ${FIRST_NORMAL_OID} or (d.classoid = 'pg_namespace'::regclass and d.description <> 'standard public schema' and d.objoid = (select oid from pg_namespace where nspname = 'public'))
   union all ${row({
     class: "pg_description",
     oid: "d.objoid",
     kind: "comment",
     name: "''",
     parent: ["pg_authid", "d.objoid"],
     properties: { text: "d.description" },
   })} from pg_shdescription d where d.classoid = 'pg_authid'::regclass`;

// What PostgreSQL brings along is no part of a schema, but `public`, and has thousands of privileges: to take them apart was a quarter of what reading a schema takes.
const TARGETS = `
  select 'pg_class' as class, c.oid, 0 as sub, case c.relkind when 'S' then 's' else 'r' end::"char" as type, c.relacl as acl, c.relowner as owner from pg_class c
    where c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and (c.relkind <> 'S' or not exists
      (select from pg_depend i where i.classid = 'pg_class'::regclass and i.objid = c.oid and i.deptype = 'i'))
  union all select 'pg_class', a.attrelid, a.attnum, 'c', a.attacl, c.relowner from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attrelid >= ${FIRST_NORMAL_OID} and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm')
  union all select 'pg_namespace', n.oid, 0, 'n', n.nspacl, n.nspowner from pg_namespace n
  union all select 'pg_proc', p.oid, 0, 'f', p.proacl, p.proowner from pg_proc p where p.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_type', t.oid, 0, 'T', t.typacl, t.typowner from pg_type t where t.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_foreign_data_wrapper', w.oid, 0, 'F', w.fdwacl, w.fdwowner from pg_foreign_data_wrapper w
  union all select 'pg_foreign_server', s.oid, 0, 'S', s.srvacl, s.srvowner from pg_foreign_server s
  union all select 'pg_language', l.oid, 0, 'l', l.lanacl, l.lanowner from pg_language l where l.oid >= ${FIRST_NORMAL_OID}`;

/** What can be granted on a table before PostgreSQL 17; since then there is `maintain`, too. */
const ON_TABLES = "array['delete', 'insert', 'references', 'select', 'trigger', 'truncate', 'update']";

/** Writes the list of what a grantee has; all that there is on a table is `all`, since versions differ in what that is. */
const privileges = (
  version: number,
  { acl, grantable = "", isOnTable }: { acl: string; grantable?: string; isOnTable: string },
): string => {
  const whole = version >= 170000 ? `${ON_TABLES} || 'maintain'::text` : ON_TABLES;
  return `(select case when ${isOnTable} and array_agg(lower(x.privilege_type)) @> (${whole}) then '{all}' else array_agg(distinct lower(x.privilege_type)) end
    from aclexplode(${acl}) x where x.grantee = g.grantee ${grantable})`;
};

const GRANTABLE = "and x.is_grantable and g.grantee <> g.owner";

const GRANTEE = "coalesce((select quote_ident(r.rolname) from pg_roles r where r.oid = g.grantee), 'public')";
const ROLE_REF =
  "case when g.grantee <> 0 then json_build_array(json_build_array('pg_authid', g.grantee::int8, 0)) end";
const EMPTY = "'{}'::text[]";

/** Before PostgreSQL 15, everybody may create in the schema `public` unless told otherwise: as usual there as not to is since. */
const usual = (version: number, list: string): string =>
  version >= 150000
    ? list
    : `case when g.class = 'pg_namespace' and g.grantee = 0 and g.oid = (select oid from pg_namespace where nspname = 'public')
        then array_remove(${list}, 'create') else ${list} end`;

/** `public` first, then by name: the oids of roles tell only which was made first on this server. */
const BY_GRANTEE = `g.grantee <> 0, ${GRANTEE}`;

const ofRelation = (version: number, of: { acl: string; grantable?: string }): string =>
  privileges(version, { ...of, isOnTable: "g.type = 'r'" });

/** Of an extension, in the words of GRANT: `function public.similarity(text,text)`. */
const MEMBER = `case when g.extension is not null then (select case
    when o.type like '% column' then (select 'column ' || quote_ident(a.attname) from pg_attribute a where a.attrelid = g.oid and a.attnum = g.sub)
      || ' of table ' || (select w.identity from pg_identify_object(g.class::regclass, g.oid, 0) w)
    else case o.type when 'aggregate' then 'function' when 'view' then 'table' when 'materialized view' then 'table' when 'foreign table' then 'table'
      when 'server' then 'foreign server' else replace(o.type, '-', ' ') end || ' ' || o.identity end
  from pg_identify_object(g.class::regclass, g.oid, g.sub) o) end`;

export const grants: ObjectQuery = ({ version, tellsMembers }) =>
  `${row({
    class: "acl",
    oid: "g.oid",
    sub: "g.sub",
    kind: "grant",
    name: `concat_ws(' on ', ${GRANTEE}, g.member)`,
    parent: [
      "case when g.extension is null then g.class else 'pg_extension' end",
      "coalesce(g.extension, g.oid)",
      "case when g.extension is null then g.sub else 0 end",
    ],
    properties: {
      grantee: GRANTEE,
      privileges: usual(version, `coalesce(g.privileges, ${EMPTY})`),
      grantable: `coalesce(g.grantable, ${EMPTY})`,
      defaults: `coalesce(g.defaults, ${EMPTY})`,
      member: "g.member",
    },
    refs: ROLE_REF,
  })} from (
    select g.*, ${ofRelation(version, { acl: "g.acl" })} as privileges, ${ofRelation(version, { acl: "g.acl", grantable: GRANTABLE })} as grantable,
      ${ofRelation(version, { acl: "g.usual" })} as defaults, ${MEMBER} as member
    from (select t.*, grantee from (
        select t.*, m.refobjid as extension, coalesce(i.initprivs, acldefault(t.type, t.owner)) as usual from (${TARGETS}) t
          left join pg_depend m on m.classid = t.class::regclass and m.objid = t.oid and m.objsubid = 0 and m.deptype = 'e'
          left join pg_init_privs i on i.classoid = m.classid and i.objoid = t.oid and i.objsubid = t.sub and i.privtype = 'e'
        where t.acl is not null ${tellsMembers ? "" : "and m.objid is null"}) t,
      lateral (select grantee from aclexplode(t.acl) union select grantee from aclexplode(t.usual)) e) g
  ) g where g.privileges is distinct from g.defaults or g.grantable is not null
  order by g.oid, g.sub, ${BY_GRANTEE}`;

const byDefault = (version: number, of: { acl: string; grantable?: string }): string =>
  privileges(version, { ...of, isOnTable: "g.on_ = 'tables'" });

export const defaultPrivileges: ObjectQuery = ({ neutralOwners, version }) =>
  `${row({
    class: "pg_default_acl",
    oid: "g.oid",
    kind: "default privileges",
    name: `concat_ws(' ', 'for ' || g.role, 'in ' || g.inschema, 'on ' || g.on_, 'to ' || ${GRANTEE})`,
    properties: {
      role: "g.role",
      inSchema: "g.inschema",
      on: "g.on_",
      grantee: GRANTEE,
      privileges: `coalesce(g.privileges, ${EMPTY})`,
      grantable: `coalesce(g.grantable, ${EMPTY})`,
      defaults: `coalesce(g.defaults, ${EMPTY})`,
    },
    refs: `(select json_agg(json_build_array(f.class, f.oid::int8, 0)) from (values ('pg_authid', g.grantee), ('pg_authid', g.owner), ('pg_namespace', g.namespace)) f(class, oid) where f.oid <> 0)`,
  })} from (
    select g.*, ${byDefault(version, { acl: "g.acl" })} as privileges, ${byDefault(version, { acl: "g.acl", grantable: GRANTABLE })} as grantable,
      ${byDefault(version, { acl: "g.usual" })} as defaults
    from (select d.*, grantee from (
        select d.oid, d.defaclrole as owner, d.defaclnamespace as namespace, d.defaclacl as acl,
          case when d.defaclnamespace = 0 then acldefault(case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end::"char", d.defaclrole) else acldefault('c', d.defaclrole) end as usual,
          case when pg_get_userbyid(d.defaclrole) not in (${neutralOwners}) then quote_ident(pg_get_userbyid(d.defaclrole)) end as role,
          (select quote_ident(n.nspname) from pg_namespace n where n.oid = d.defaclnamespace) as inschema,
          case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as on_
        from pg_default_acl d) d,
      lateral (select grantee from aclexplode(d.acl) union select grantee from aclexplode(d.usual)) e) g
  ) g where g.privileges is distinct from g.defaults or g.grantable is not null
  order by g.oid, ${BY_GRANTEE}`;
