import { notOfExtension, type ObjectQuery, owner, row, userSchema } from "./reading.ts";

const TABLE = "pg_class c on c.oid = %s join pg_namespace n on n.oid = c.relnamespace";
const of = (oid: string): string => TABLE.replace("%s", oid);
const USER_TABLE = `${userSchema("n")} and ${notOfExtension("pg_class", "c.oid")}`;

/** Those of a key's index, which is not printed with the key. */
const PARAMETERS = `(select ' WITH (' || string_agg(o.option_name || '=' || quote_literal(o.option_value), ', ' order by o.option_name) || ')'
  from pg_class x, pg_options_to_table(x.reloptions) o where x.oid = k.conindid and k.contype in ('p', 'u'))`;

/** Those of their own; what a parent table or index imposes comes and goes with it. */
export const constraints: ObjectQuery = () =>
  `${row({
    class: "pg_constraint",
    oid: "k.oid",
    kind: "constraint",
    name: "quote_ident(k.conname)",
    parent: ["pg_class", "k.conrelid"],
    properties: {
      type: "case k.contype when 'p' then 'primary key' when 'u' then 'unique' when 'c' then 'check' when 'f' then 'foreign key' else 'exclusion' end",
      definition: `regexp_replace(pg_get_constraintdef(k.oid), '( DEFERRABLE)?( INITIALLY DEFERRED)?$', coalesce(${PARAMETERS}, '') || '\\1\\2')`,
    },
  })} from pg_constraint k join ${of("k.conrelid")}
   where k.contype in ('p', 'u', 'c', 'f', 'x') and k.conparentid = 0 and k.coninhcount = 0 and ${USER_TABLE}`;

export const indexes: ObjectQuery = () =>
  `${row({
    class: "pg_class",
    oid: "i.indexrelid",
    kind: "index",
    schema: "n.nspname",
    name: "quote_ident(x.relname)",
    parent: ["pg_class", "i.indrelid"],
    properties: {
      // Of a partitioned table it is printed as one of that table only.
      definition: "regexp_replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')",
      valid: "i.indisvalid or x.relkind = 'I'",
      // None is 0 or -1 before PostgreSQL 17, NULL since.
      statistics:
        "(select coalesce(array_agg(a.attnum || ' ' || a.attstattarget order by a.attnum), '{}') from pg_attribute a where a.attrelid = x.oid and a.attstattarget > 0)",
    },
  })} from pg_index i join pg_class x on x.oid = i.indexrelid join ${of("i.indrelid")}
   where not x.relispartition and c.relkind in ('r', 'p', 'm') and ${USER_TABLE}
     and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x') and k.conrelid = i.indrelid)`;

const INDEX_REF =
  "case when i.indexrelid is not null then json_build_array(json_build_array('pg_class', i.indexrelid::int8, 0)) end";

export const replicaIdentities: ObjectQuery = () =>
  `${row({
    class: "replident",
    oid: "c.oid",
    kind: "replica identity",
    name: "''",
    parent: ["pg_class", "c.oid"],
    properties: {
      identity:
        "case c.relreplident when 'f' then 'full' when 'n' then 'nothing' else 'using index ' || quote_ident(x.relname) end",
    },
    refs: INDEX_REF,
  })} from pg_class c join pg_namespace n on n.oid = c.relnamespace
   left join pg_index i on i.indrelid = c.oid and i.indisreplident left join pg_class x on x.oid = i.indexrelid
   where c.relkind in ('r', 'p') and (c.relreplident in ('f', 'n') or (c.relreplident = 'i' and x.oid is not null)) and ${USER_TABLE}`;

export const clusters: ObjectQuery = () =>
  `${row({
    class: "clustered",
    oid: "c.oid",
    kind: "cluster",
    name: "''",
    parent: ["pg_class", "c.oid"],
    properties: { index: "quote_ident(x.relname)" },
    refs: INDEX_REF,
  })} from pg_index i join pg_class x on x.oid = i.indexrelid join ${of("i.indrelid")} where i.indisclustered and ${USER_TABLE}`;

export const statistics: ObjectQuery = (context) =>
  `${row({
    class: "pg_statistic_ext",
    oid: "s.oid",
    kind: "statistics",
    schema: "sn.nspname",
    name: "quote_ident(s.stxname)",
    parent: ["pg_class", "s.stxrelid"],
    properties: {
      // It prints columns in the order that they have in the table, which a migration cannot change.
      definition: `case when to_jsonb(s) ->> 'stxexprs' is null then regexp_replace(pg_get_statisticsobjdef(s.oid), ' ON .* FROM ', ' ON ' ||
        (select string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any(s.stxkeys)) || ' FROM ')
        else pg_get_statisticsobjdef(s.oid) end`,
      target: context.version >= 130000 ? "nullif(s.stxstattarget, -1)" : "null",
      owner: owner(context, "s.stxowner"),
    },
  })} from pg_statistic_ext s join pg_namespace sn on sn.oid = s.stxnamespace join ${of("s.stxrelid")} where ${USER_TABLE}`;

const ENABLED = (column: string): string =>
  `case ${column} when 'O' then 'enable' when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end`;

/** Before PostgreSQL 13, what a partition has from its parent counts as internal. */
export const triggers: ObjectQuery = ({ version }) =>
  `${row({
    class: "pg_trigger",
    oid: "t.oid",
    kind: "trigger",
    name: "quote_ident(t.tgname)",
    parent: ["pg_class", "t.tgrelid"],
    properties: { definition: "pg_get_triggerdef(t.oid)", enabled: ENABLED("t.tgenabled") },
  })} from pg_trigger t join ${of("t.tgrelid")} where not t.tgisinternal ${version >= 130000 ? "and t.tgparentid = 0" : ""} and ${USER_TABLE}`;

/** Before PostgreSQL 13 nobody can tell, from the catalogs, whose a partition's trigger is. */
export const triggerStates: ObjectQuery = () =>
  `${row({
    class: "trigger state",
    oid: "t.oid",
    kind: "trigger state",
    name: "quote_ident(t.tgname)",
    parent: ["pg_class", "t.tgrelid"],
    properties: { enabled: ENABLED("t.tgenabled"), ofParent: ENABLED("p.tgenabled") },
    refs: "json_build_array(json_build_array('pg_trigger', p.oid::int8, 0))",
  })} from pg_trigger t join ${of("t.tgrelid")} join pg_trigger p on p.oid = (to_jsonb(t) ->> 'tgparentid')::oid
   where not t.tgisinternal and t.tgenabled <> p.tgenabled and ${USER_TABLE}`;

export const rules: ObjectQuery = () =>
  `${row({
    class: "pg_rewrite",
    oid: "r.oid",
    kind: "rule",
    name: "quote_ident(r.rulename)",
    parent: ["pg_class", "r.ev_class"],
    properties: { definition: "rtrim(pg_get_ruledef(r.oid), ';')", enabled: ENABLED("r.ev_enabled") },
  })} from pg_rewrite r join ${of("r.ev_class")} where r.rulename <> '_RETURN' and ${USER_TABLE}`;

export const policies: ObjectQuery = () =>
  `${row({
    class: "pg_policy",
    oid: "p.oid",
    kind: "policy",
    name: "quote_ident(p.polname)",
    parent: ["pg_class", "p.polrelid"],
    properties: {
      command:
        "case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end",
      permissive: "p.polpermissive",
      roles:
        "(select array_agg(coalesce(quote_ident(g.rolname), 'public') order by g.rolname) from unnest(p.polroles) r left join pg_roles g on g.oid = r)",
      using: "pg_get_expr(p.polqual, p.polrelid)",
      check: "pg_get_expr(p.polwithcheck, p.polrelid)",
    },
  })} from pg_policy p join ${of("p.polrelid")} where ${USER_TABLE}`;
