import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { notOfExtension, type ObjectQuery, owner, row, userSchema } from "./reading.ts";

export const roles: ObjectQuery = () =>
  `${row({
    class: "pg_authid",
    oid: "r.oid",
    kind: "role",
    name: "quote_ident(r.rolname)",
    properties: {
      attributes: `array_remove(array[${[
        ["r.rolsuper", "superuser"],
        ["r.rolinherit", "inherit"],
        ["r.rolcreaterole", "createrole"],
        ["r.rolcreatedb", "createdb"],
        ["r.rolcanlogin", "login"],
        ["r.rolreplication", "replication"],
        ["r.rolbypassrls", "bypassrls"],
      ]
        .map(([column, word]) => `case when ${column} then '${word}' else 'no${word}' end`)
        .join(", ")}, case when r.rolconnlimit <> -1 then 'connection limit ' || r.rolconnlimit end], null)`,
      memberOf:
        // Several may have granted the same.
        "(select coalesce(array_agg(m.granted order by m.granted), '{}') from (select quote_ident(g.rolname) || case when bool_or(m.admin_option) then ' with admin option' else '' end as granted from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid group by g.rolname) m)",
      settings:
        "(select coalesce(array_agg(c order by c), '{}') from pg_db_role_setting s, unnest(s.setconfig) c where s.setrole = r.oid and s.setdatabase = 0)",
    },
    refs: "(select json_agg(json_build_array('pg_authid', m.roleid::int8, 0)) from pg_auth_members m where m.member = r.oid)",
  })} from pg_roles r where r.rolname !~ '^pg_' and r.oid >= ${FIRST_NORMAL_OID}`;

/** Asks what is set for the sessions of this database, whatever it is called. */
export const settings: ObjectQuery = () =>
  `${row({
    class: "pg_db_role_setting",
    oid: "s.setrole",
    sub: "c.n",
    kind: "setting",
    name: "split_part(c.text, '=', 1) || case when s.setrole <> 0 then ' of ' || quote_ident(pg_get_userbyid(s.setrole)) else '' end",
    properties: {
      role: "case when s.setrole <> 0 then quote_ident(pg_get_userbyid(s.setrole)) end",
      parameter: "split_part(c.text, '=', 1)",
      value: "substr(c.text, position('=' in c.text) + 1)",
    },
    refs: "case when s.setrole <> 0 then json_build_array(json_build_array('pg_authid', s.setrole::int8, 0)) end",
  })} from pg_db_role_setting s, unnest(s.setconfig) with ordinality as c (text, n)
   where s.setdatabase = (select oid from pg_database where datname = current_database())`;

export const schemas: ObjectQuery = (context) =>
  `${row({
    class: "pg_namespace",
    oid: "n.oid",
    kind: "schema",
    name: "quote_ident(n.nspname)",
    properties: { owner: owner(context, "n.nspowner") },
  })} from pg_namespace n where ${userSchema("n")} and ${notOfExtension("pg_namespace", "n.oid")}`;

export const extensions: ObjectQuery = () =>
  `${row({
    class: "pg_extension",
    oid: "x.oid",
    kind: "extension",
    name: "quote_ident(x.extname)",
    properties: { schema: "quote_ident(n.nspname)" },
    refs: "json_build_array(json_build_array('pg_namespace', n.oid::int8, 0))",
  })} from pg_extension x join pg_namespace n on n.oid = x.extnamespace where x.extname <> 'plpgsql'`;

export const eventTriggers: ObjectQuery = (context) =>
  `${row({
    class: "pg_event_trigger",
    oid: "t.oid",
    kind: "event trigger",
    name: "quote_ident(t.evtname)",
    properties: {
      event: "t.evtevent",
      tags: "(select coalesce(array_agg(g order by g), '{}') from unnest(t.evttags) g)",
      function: "t.evtfoid::regproc::text",
      enabled:
        "case t.evtenabled when 'O' then 'enable' when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end",
      owner: owner(context, "t.evtowner"),
    },
  })} from pg_event_trigger t where ${notOfExtension("pg_event_trigger", "t.oid")}`;
