import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { restrictedCallsIn } from "../../../postgres/restricted-calls.ts";

/** What PostgreSQL recorded; of the part, and of what it needs: catalog, number, column. */
export const DEPENDENCIES = `
  select d.classid::regclass::text as class, d.objid::int8::text as oid, d.objsubid::int4 as sub,
    d.refclassid::regclass::text as refclass, d.refobjid::int8::text as refoid, d.refobjsubid::int4 as refsub
  from pg_depend d where d.deptype in ('n', 'a', 'i', 'P', 'S') and d.objid >= ${FIRST_NORMAL_OID} and d.refobjid >= ${FIRST_NORMAL_OID}
  union all
  select d.classid::regclass::text, d.objid::int8::text, d.objsubid::int4, d.refclassid::regclass::text, d.refobjid::int8::text, 0
  from pg_shdepend d where d.dbid = (select oid from pg_database where datname = current_database()) and d.refclassid = 'pg_authid'::regclass and d.deptype in ('o', 'r')`;

/** Gives of everything that has expressions all of them in one text. */
const expressions = (version: number): string => `
  select 'pg_constraint' as class, k.oid, 0 as sub, k.conbin::text as tree from pg_constraint k where k.conbin is not null and k.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_attrdef', d.oid, 0, d.adbin::text from pg_attrdef d
  union all select 'pg_class', i.indexrelid, 0, concat(i.indexprs, i.indpred) from pg_index i where i.indexprs is not null or i.indpred is not null
  union all select 'pg_class', p.partrelid, 0, p.partexprs::text from pg_partitioned_table p where p.partexprs is not null
  union all select 'pg_trigger', t.oid, 0, t.tgqual::text from pg_trigger t where t.tgqual is not null
  union all select 'pg_rewrite', r.oid, 0, concat(r.ev_qual, r.ev_action) from pg_rewrite r where r.rulename <> '_RETURN' and r.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_policy', p.oid, 0, concat(p.polqual, p.polwithcheck) from pg_policy p
  union all select 'pg_type', t.oid, 0, t.typdefaultbin::text from pg_type t where t.typdefaultbin is not null and t.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_proc', p.oid, 0, concat(p.proargdefaults${version >= 140_000 ? ", p.prosqlbody" : ""}) from pg_proc p where not p.prosecdef and p.oid >= ${FIRST_NORMAL_OID}`;

/** Gives which of PostgreSQL's own functions that not anyone may execute something calls: pg_depend knows nothing of them. */
export const restrictedCalls = (version: number): string => `
  select class, oid::int8::text as oid, sub, calls from (
    select class, oid, sub, ${restrictedCallsIn("select tree", `f.oid < ${FIRST_NORMAL_OID}`)} as calls from (${expressions(version)}) e
  ) c where calls is not null`;

/** Those that come with the server, but for the few that each has. */
export const COLLATIONS = `
  select distinct c.collname::text as name from pg_depend d join pg_collation c on c.oid = d.refobjid
  where d.refclassid = 'pg_collation'::regclass and c.collnamespace = 'pg_catalog'::regnamespace order by 1`;

/** An extension moves where it says so, and all that it brought is where it is. */
export const UNMOVABLE = `select quote_ident(extname) as name from pg_extension x where not extrelocatable or exists (
  select from pg_depend d, lateral pg_identify_object(d.classid, d.objid, 0) m
  where d.refclassid = 'pg_extension'::regclass and d.refobjid = x.oid and d.deptype = 'e' and m.schema <> x.extnamespace::regnamespace::text)`;

const MULTIRANGES = `union all select 'pg_type', r.rngmultitypid::int8::text, 0, 'pg_type', r.rngtypid::int8::text, 0 from pg_range r where r.rngtypid >= ${FIRST_NORMAL_OID}`;

/** Objects of the catalogs that are merely another's inside: what each stands for. */
export const aliases = (version: number): string => `
  select 'pg_type' as class, t.oid::int8::text as oid, 0 as sub, 'pg_class' as ofclass, t.typrelid::int8::text as ofoid, 0 as ofsub
    from pg_type t join pg_class c on c.oid = t.typrelid where c.relkind <> 'c' and t.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_class', c.oid::int8::text, 0, 'pg_type', c.reltype::int8::text, 0 from pg_class c where c.relkind = 'c'
  union all select 'pg_type', t.typarray::int8::text, 0, 'pg_type', t.oid::int8::text, 0 from pg_type t where t.typarray >= ${FIRST_NORMAL_OID}
  ${version >= 140000 ? MULTIRANGES : ""}
  union all select 'pg_rewrite', r.oid::int8::text, 0, 'pg_class', r.ev_class::int8::text, 0 from pg_rewrite r where r.rulename = '_RETURN' and r.oid >= ${FIRST_NORMAL_OID}
  union all select 'pg_attrdef', e.oid::int8::text, 0, 'pg_class', e.adrelid::int8::text, e.adnum from pg_attrdef e
    join pg_attribute a on a.attrelid = e.adrelid and a.attnum = e.adnum where a.attgenerated <> ''
  union all select 'pg_class', k.conindid::int8::text, 0, 'pg_constraint', k.oid::int8::text, 0 from pg_constraint k
    where k.contype in ('p', 'u', 'x') and k.conindid >= ${FIRST_NORMAL_OID}
  union all select 'pg_trigger', t.oid::int8::text, 0, 'pg_constraint', t.tgconstraint::int8::text, 0 from pg_trigger t where t.tgisinternal and t.tgconstraint <> 0
  union all select 'pg_class', d.objid::int8::text, 0, 'pg_class', d.refobjid::int8::text, d.refobjsubid from pg_depend d join pg_class c on c.oid = d.objid
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i' and c.relkind = 'S'
  union all select d.classid::regclass::text, d.objid::int8::text, 0, 'pg_extension', d.refobjid::int8::text, 0 from pg_depend d where d.deptype = 'e'`;

const INHERITED_TRIGGERS =
  "union all select 'pg_trigger', t.oid::int8::text, 0, 'pg_trigger', t.tgparentid::int8::text, 0 from pg_trigger t where t.tgparentid <> 0 and not t.tgisinternal";

/** Gives what a parent table gave to a partition or child. Whoever needs that needs the parent's; its own needs are not the parent's. */
export const inheritedAliases = (version: number): string => `
  select 'pg_constraint' as class, k.oid::int8::text as oid, 0 as sub, 'pg_constraint' as ofclass, k.conparentid::int8::text as ofoid, 0 as ofsub from pg_constraint k where k.conparentid <> 0
  ${version >= 130000 ? INHERITED_TRIGGERS : ""}
  union all select 'pg_class', i.inhrelid::int8::text, 0, 'pg_class', i.inhparent::int8::text, 0 from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where c.relkind in ('i', 'I') and not exists (select from pg_constraint k where k.conindid = c.oid)`;
