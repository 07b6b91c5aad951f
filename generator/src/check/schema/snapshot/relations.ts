import { collation, notOfExtension, type ObjectQuery, options, owner, row, userSchema } from "./reading.ts";

const USER_RELATION = `${userSchema("n")} and ${notOfExtension("pg_class", "c.oid")}`;
const RELATION = "pg_class c join pg_namespace n on n.oid = c.relnamespace";

export const tables: ObjectQuery = (context) =>
  `${row({
    class: "pg_class",
    oid: "c.oid",
    kind: "table",
    schema: "n.nspname",
    name: "quote_ident(c.relname)",
    properties: {
      unlogged: "c.relpersistence = 'u'",
      partitionKey: "pg_get_partkeydef(c.oid)",
      options: options(
        "coalesce(c.reloptions, '{}') || (select coalesce(array_agg('toast.' || o), '{}') from pg_class t, unnest(t.reloptions) o where t.oid = c.reltoastrelid)",
      ),
      rowSecurity: "c.relrowsecurity",
      forceRowSecurity: "c.relforcerowsecurity",
      method: "(select quote_ident(a.amname) from pg_am a where a.oid = c.relam and a.amname <> 'heap')",
      ofType: "case when c.reloftype <> 0 then format_type(c.reloftype, null) end",
      tablespace: "(select quote_ident(s.spcname) from pg_tablespace s where s.oid = c.reltablespace)",
      owner: owner(context, "c.relowner"),
    },
  })} from ${RELATION} where c.relkind in ('r', 'p') and ${USER_RELATION}`;

export const views: ObjectQuery = (context) =>
  `${row({
    class: "pg_class",
    oid: "c.oid",
    kind: "case c.relkind when 'v' then 'view' else 'materialized view' end",
    schema: "n.nspname",
    name: "quote_ident(c.relname)",
    properties: {
      definition: "rtrim(pg_get_viewdef(c.oid), ';')",
      options: options("coalesce(c.reloptions, '{}')"),
      method:
        "(select quote_ident(a.amname) from pg_am a where a.oid = c.relam and c.relkind = 'm' and a.amname <> 'heap')",
      owner: owner(context, "c.relowner"),
    },
  })} from ${RELATION} where c.relkind in ('v', 'm') and ${USER_RELATION}`;

/** Without the sequence's type: its bounds say all of it, and it is another where a table was made like this one. */
const IDENTITY_OPTIONS = `(select format('start with %s increment by %s minvalue %s maxvalue %s cache %s%s',
    s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then ' cycle' else ' no cycle' end)
  from pg_depend d join pg_sequence s on s.seqrelid = d.objid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid
    and d.refobjsubid = a.attnum and d.deptype = 'i')`;

export const columns: ObjectQuery = ({ version }) =>
  `${row({
    class: "pg_class",
    oid: "a.attrelid",
    sub: "a.attnum",
    kind: "column",
    name: "quote_ident(a.attname)",
    parent: ["pg_class", "a.attrelid"],
    properties: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: collation("a.attcollation", "t.typcollation"),
      notNull: "a.attnotnull",
      notNullState:
        version >= 180000
          ? `(select case when not k.convalidated then 'not valid' when k.connoinherit then 'no inherit' end from pg_constraint k
             where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum] limit 1)`
          : "null",
      // Since PostgreSQL 17, a partition's column has the identity of its parent's, and no sequence.
      identity: `case when ${IDENTITY_OPTIONS} is not null then case a.attidentity when 'a' then 'always' when 'd' then 'by default' end end`,
      identityOptions: `case when a.attidentity <> '' then ${IDENTITY_OPTIONS} end`,
      generated: "case when a.attgenerated <> '' then pg_get_expr(e.adbin, e.adrelid) end",
      generatedKind: "case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end",
      storage:
        "case when a.attstorage <> t.typstorage then case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end",
      compression:
        version >= 140000 ? "case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end" : "null",
      // -1 stands for the default before PostgreSQL 17, NULL since.
      statistics: "nullif(a.attstattarget, -1)",
      options: options("a.attoptions"),
    },
    position: "a.attnum",
    inherited: "a.attinhcount > 0 or c.reloftype <> 0",
  })} from pg_attribute a join ${RELATION} on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
   left join pg_attrdef e on e.adrelid = a.attrelid and e.adnum = a.attnum
   where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and ${USER_RELATION} order by a.attrelid, a.attnum`;

export const viewColumns: ObjectQuery = () =>
  `${row({
    class: "pg_class",
    oid: "a.attrelid",
    sub: "a.attnum",
    kind: "view column",
    name: "quote_ident(a.attname)",
    parent: ["pg_class", "a.attrelid"],
    properties: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: collation("a.attcollation", "t.typcollation"),
    },
    position: "a.attnum",
  })} from pg_attribute a join ${RELATION} on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
   where c.relkind in ('v', 'm') and a.attnum > 0 and not a.attisdropped and ${USER_RELATION} order by a.attrelid, a.attnum`;

export const defaults: ObjectQuery = () =>
  `${row({
    class: "pg_attrdef",
    oid: "e.oid",
    kind: "default",
    name: "''",
    parent: ["pg_class", "e.adrelid", "e.adnum"],
    properties: { expression: "pg_get_expr(e.adbin, e.adrelid)" },
  })} from pg_attrdef e join pg_attribute a on a.attrelid = e.adrelid and a.attnum = e.adnum join ${RELATION} on c.oid = e.adrelid
   where a.attgenerated = '' and ${USER_RELATION}`;

export const partitions: ObjectQuery = () =>
  `${row({
    class: "pg_inherits",
    oid: "i.inhrelid",
    sub: "i.inhseqno",
    kind: "case when c.relispartition then 'partition' else 'inheritance' end",
    name: "case when c.relispartition then '' else quote_ident(pn.nspname) || '.' || quote_ident(p.relname) end",
    parent: ["pg_class", "i.inhrelid"],
    properties: {
      of: "quote_ident(pn.nspname) || '.' || quote_ident(p.relname)",
      bound: "pg_get_expr(c.relpartbound, c.oid)",
    },
    // That of a hash has the number of a table in it.
    within:
      "case when pg_get_expr(c.relpartbound, c.oid) !~ 'modulus' then pg_get_partition_constraintdef(c.oid) end",
    refs: "json_build_array(json_build_array('pg_class', i.inhparent::int8, 0))",
  })} from pg_inherits i join ${RELATION} on c.oid = i.inhrelid
   join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
   where c.relkind in ('r', 'p') and ${USER_RELATION} order by i.inhrelid, i.inhseqno`;

const OWNED = `pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.refclassid = 'pg_class'::regclass`;

export const sequences: ObjectQuery = (context) =>
  `${row({
    class: "pg_class",
    oid: "c.oid",
    kind: "sequence",
    schema: "n.nspname",
    name: "quote_ident(c.relname)",
    properties: {
      type: "format_type(s.seqtypid, null)",
      options:
        "format('start with %s increment by %s minvalue %s maxvalue %s cache %s%s', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then ' cycle' else ' no cycle' end)",
      unlogged: "c.relpersistence = 'u'",
      // A sequence that a column owns has that column's owner.
      owner: `case when not exists (select from pg_depend o where o.classid = 'pg_class'::regclass and o.objid = c.oid and o.deptype = 'a' and o.refobjsubid > 0) then ${owner(context, "c.relowner")} end`,
    },
  })} from ${RELATION} join pg_sequence s on s.seqrelid = c.oid
   where not exists (select from ${OWNED.replace("pg_depend o on", "pg_depend o where")} and o.deptype = 'i') and ${USER_RELATION}`;

export const sequenceOwners: ObjectQuery = () =>
  `${row({
    class: "owned",
    oid: "c.oid",
    kind: "sequence owner",
    name: "''",
    parent: ["pg_class", "c.oid"],
    properties: {
      column: "quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || '.' || quote_ident(a.attname)",
    },
    refs: "json_build_array(json_build_array('pg_class', t.oid::int8, a.attnum))",
  })} from ${RELATION} join ${OWNED} and o.deptype = 'a' and o.refobjsubid > 0
   join pg_class t on t.oid = o.refobjid join pg_namespace tn on tn.oid = t.relnamespace
   join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
   where c.relkind = 'S' and ${USER_RELATION}`;
