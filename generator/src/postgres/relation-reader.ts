import type { Oid, RelationKind } from "../model/catalog.ts";
import { once } from "../model/once.ts";
import type { RawColumn, RawForeignKey, RawRelation } from "./catalog-objects.ts";
import type { Engine, Row } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { readExpression, readQueries } from "./tree/read-tree.ts";
import { type TriggerEffect, triggerEffect } from "./trigger-effects.ts";

export interface FoundRelations {
  readonly relations: readonly RawRelation[];
  /** The trees among them, as text: they refer to further objects. */
  readonly trees: readonly string[];
}

/** The name of a sequence, whatever the search path is. */
const QUALIFIED = "quote_ident(n.nspname) || '.' || quote_ident(s.relname)";

/** Reads the names of all sequences, by OID: qualified, and quoted where they must be. */
export async function readSequences(engine: Engine): Promise<Map<Oid, string>> {
  const rows = await engine.run(
    `select s.oid::int8::text as oid, ${QUALIFIED} as name from pg_class s join pg_namespace n on n.oid = s.relnamespace where s.relkind = 'S'`,
  );
  return new Map(rows.map((row) => [Number(row.oid), row.name as string]));
}

/** Reads tables and views with their columns, constraints and triggers. */
export async function readRelations(engine: Engine, oids: readonly Oid[]): Promise<FoundRelations> {
  const list = oids.join();
  const rows = await engine.run(
    `select c.oid::int8::text as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       c.reltype::int8::text as rowtype, obj_description(c.oid, 'pg_class') as comment,
       (select i.inhparent::int8::text from pg_inherits i where i.inhrelid = c.oid and c.relispartition) as parent,
       (select r.ev_action::text from pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN') as view,
       exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN')
         or exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 64 <> 0) as rules,
       exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN') as rewrites,
       c.relkind = 'p' and exists (select from pg_partition_tree(c.oid) p join pg_class child on child.oid = p.relid where child.relkind = 'f') as foreigners,
       exists (select from pg_inherits i where i.inhparent = c.oid) as children, c.relrowsecurity as secured,
       coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false) as invoker,
       exists (select from pg_options_to_table(c.reloptions) o where o.option_name = 'check_option') as checks,
       case when c.oid < ${FIRST_NORMAL_OID} and not has_table_privilege('public', c.oid, 'select') then (
         select array_agg(a.attname::text) from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not has_column_privilege('public', c.oid, a.attnum, 'select')) end as restricted
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid in (${list})`,
  );
  const columns = groupByRelation(
    await engine.run(
      `${KEPT}, promised as materialized (
         select k.conrelid as rel, of.attnum, min(${SINCE})::text as since from pg_constraint k, unnest(k.conkey) of(attnum)
         where k.conrelid in (${list}) and k.contype in ('n', 'p') group by 1, 2),
       unproven as materialized (select k.conrelid as rel, k.conkey from pg_constraint k where k.contype = 'n' and not k.convalidated)
       select a.attrelid::int8::text as rel, a.attnum::int4 as number, a.attname::text as name, a.atttypid::int8::text as type, nullif(a.atttypmod, -1)::int4 as typmod,
         a.attnotnull as notnull, a.atthasdef or a.attidentity <> '' as hasdefault, a.attidentity::text as identity,
         col_description(a.attrelid, a.attnum) as comment,
         case when a.atthasdef and a.attgenerated = '' then (select d.adbin::text from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) end as fallback,
         promised.since,
         case when a.atthasdef then (select ${QUALIFIED} from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace n on n.oid = s.relnamespace where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
           and d.refobjid = a.attrelid and d.refobjsubid = a.attnum and d.deptype = 'a' limit 1) end as sequence,
         case when a.attgenerated <> '' then (select d.adbin::text from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) end as generated,
         a.attnotnull and (exists (select from unproven k where k.rel = a.attrelid and k.conkey = array[a.attnum])
           or (select c.relhassubclass from pg_class c where c.oid = a.attrelid) and exists (
             with recursive below(oid) as (
               select i.inhrelid from pg_inherits i where i.inhparent = a.attrelid
               union select i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
             select from below join pg_class child on child.oid = below.oid
             join pg_attribute inherited on inherited.attrelid = child.oid and inherited.attname = a.attname
             where child.relkind = 'f' or not inherited.attnotnull)) as weak
       from pg_attribute a left join promised on promised.rel = a.attrelid and promised.attnum = a.attnum where a.attrelid in (${list}) and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum`,
    ),
  );
  const checks = groupByRelation(
    await engine.run(
      `${KEPT} select k.conrelid::int8::text as rel, (${SINCE})::text as since, k.conname::text as name, k.conbin::text as tree from pg_constraint k
       where k.conrelid in (${list}) and k.contype = 'c' and k.convalidated and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
         and (not k.connoinherit or not exists (select from pg_inherits i where i.inhparent = k.conrelid))
         and not exists (
           with recursive below(oid) as (
             select i.inhrelid from pg_inherits i where i.inhparent = k.conrelid
             union select i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
           select from below join pg_class child on child.oid = below.oid where child.relkind = 'f')`,
    ),
  );
  const keys = groupByRelation(await engine.run(KEYS(list)));
  const triggers = groupByRelation(await engine.run(TRIGGERS(list)));
  const trees: string[] = [];
  const effects = new Map<string, TriggerEffect>();
  const expression = (tree: string) => {
    trees.push(tree);
    return readExpression(tree, engine.version);
  };
  const relations = rows.map((row): RawRelation => {
    const oid = Number(row.oid);
    const kind = RELATION_KINDS[row.kind as string] ?? "other";
    const view = row.view as string | null;
    if (view !== null) trees.push(view);
    const isForeign = kind === "foreign table";
    return {
      oid,
      schema: row.schema as string,
      name: row.name as string,
      kind,
      rowType: Number(row.rowtype),
      comment: (row.comment as string | null) ?? null,
      partitionOf: row.parent ? Number(row.parent) : null,
      columns: new Map(
        (columns.get(oid) ?? []).map((column) => [
          Number(column.number),
          toColumn(column, isForeign, expression),
        ]),
      ),
      // A foreign server's constraints are promises, not checks.
      checks: isForeign
        ? []
        : (checks.get(oid) ?? []).map((c) => ({
            since: Number(c.since),
            name: c.name as string,
            expr: expression(c.tree as string),
          })),
      ...keysOf(keys.get(oid) ?? []),
      triggers: (triggers.get(oid) ?? []).map((trigger) => toTriggerEffect(trigger, effects)),
      rowSecurity: row.secured as boolean,
      viewQuery: view === null ? null : (readQueries(view, engine.version)[0] ?? null),
      isInvoker: row.invoker as boolean,
      checksRows: row.checks as boolean,
      restrictedColumns: (row.restricted as string[] | null) ?? [],
      hasRules: row.rules as boolean,
      hasRewriteRules: row.rewrites as boolean,
      hasForeignPartitions: row.foreigners as boolean,
      hasChildren: row.children as boolean,
    };
  });
  return { relations, trees };
}

function toColumn(
  column: Row,
  isForeign: boolean,
  expression: (tree: string) => RawColumn["generated"],
): RawColumn {
  return {
    number: Number(column.number),
    name: column.name as string,
    type: Number(column.type),
    comment: (column.comment as string | null) ?? null,
    // A foreign server's NOT NULL is a promise, not a check, and one here may say nothing of the children (NO INHERIT).
    notNull: (column.notnull as boolean) && !isForeign && !(column.weak as boolean),
    notNullSince: Number(column.since ?? 0),
    hasDefault: column.hasdefault as boolean,
    defaultValue: column.fallback ? expression(column.fallback as string) : null,
    // The modifier counts a header of four bytes.
    length: column.typmod === null ? null : (column.typmod as number) - 4,
    identity: column.identity as string,
    generated: column.generated ? expression(column.generated as string) : null,
    sequence: (column.sequence as string | null) ?? null,
  };
}

/** Materialized views, each with when it was made. */
const KEPT = `with kept as materialized (
  select r.ev_class::int8 as oid, r.xmin as made, r.cmin::text::int8 as command from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relkind = 'm')`;
/**
 * What a promise is as old as, of a row of pg_constraint: objects with greater oids are younger. It is as it is now since it was made,
 * or since it was changed (VALIDATE CONSTRAINT), of which its row's transaction and command tell.
 */
const SINCE = `greatest(k.oid::int8, (
  select max(m.oid) from kept m where age(m.made) > age(k.xmin) or m.made = k.xmin and m.command < k.cmin::text::int8))`;

/** For each materialized view, the constraints that are older than it. */
export const OLDER_PROMISES = `${KEPT}
  select m.oid as view, string_agg(k.conrelid::int8 || ' ' || k.conname, e'\\n' order by k.conrelid, k.conname) as promises
  from kept m join pg_constraint k on k.contype in ('n', 'p', 'c') and ${SINCE} < m.oid group by m.oid`;

/** Primary keys and foreign keys; `holds` are foreign keys that hold at every time. A key over periods (PERIOD) refers to more than one row; of one whose own triggers are disabled nobody sees to it. A key to a partitioned table is one to each of its partitions, too, of which none holds by itself. */
const KEYS = (list: string) =>
  `with disabled as materialized (select t.tgconstraint as oid from pg_trigger t where t.tgconstraint <> 0 and t.tgenabled in ('D', 'R'))
   select k.contype = 'p' as is_primary, k.conrelid::int8::text as rel, k.conname::text as name, k.conkey::text[] as columns, k.confrelid::int8::text as target, k.confkey::text[] as referenced,
     k.confdeltype = 'c' as deletes, k.confdeltype in ('n', 'd') or k.confupdtype in ('c', 'n', 'd') as updates,
     k.convalidated and not k.condeferrable and not exists (select from pg_constraint whole where whole.oid = k.conparentid and whole.conrelid = k.conrelid) and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) and not coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false)
       and (not exists (select from disabled) or not exists (
         with recursive parts(oid) as (select k.oid union select c.oid from parts join pg_constraint c on c.conparentid = parts.oid)
         select from parts join disabled on disabled.oid = parts.oid)) as holds,
     (select array_agg(coalesce(p.oprcom, 0)::int8::text order by n) from unnest(k.conpfeqop) with ordinality as e(op, n) left join pg_operator p on p.oid = e.op) as commutators, k.conpfeqop::int8[]::text[] as operators
   from pg_constraint k where k.conrelid in (${list}) and k.contype in ('f', 'p')`;

function keysOf(rows: readonly Row[]): Pick<RawRelation, "foreignKeys" | "primaryKey" | "references"> {
  const foreign = rows.filter((row) => row.is_primary !== true);
  const primary = rows.find((row) => row.is_primary === true);
  return {
    foreignKeys: foreign.filter((row) => row.holds === true).map(toForeignKey),
    primaryKey: primary ? (primary.columns as string[]).map(Number) : [],
    references: foreign.map((row) => {
      const { columns, references, referencedColumns } = toForeignKey(row);
      return { columns, references, referencedColumns };
    }),
  };
}

function toForeignKey(row: Row): RawForeignKey {
  return {
    name: row.name as string,
    columns: (row.columns as string[]).map(Number),
    references: Number(row.target),
    referencedColumns: (row.referenced as string[]).map(Number),
    equalities: (row.operators as string[]).map((operator, i) => [
      Number(operator),
      Number((row.commutators as string[])[i]),
    ]),
    actions: [
      ...(row.deletes === true ? (["delete"] as const) : []),
      ...(row.updates === true ? (["update"] as const) : []),
    ],
  };
}

/** Row triggers that run before a change, of the relations and of everything below them (bits of `tgtype`: 1 row, 2 before, 4 insert, 8 delete, 16 update). */
const TRIGGERS = (list: string) =>
  `with recursive below(top, oid) as (
     select c.oid, c.oid from pg_class c where c.oid in (${list})
     union select below.top, i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
   select below.top::int8::text as rel, t.tgtype::int4 & 4 <> 0 as inserts, t.tgtype::int4 & 16 <> 0 as updates, t.tgtype::int4 & 8 <> 0 as deletes, l.lanname::text as language, p.prosrc as source
   from below join pg_trigger t on t.tgrelid = below.oid join pg_proc p on p.oid = t.tgfoid join pg_language l on l.oid = p.prolang
   where not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype::int4 & 3 = 3 and t.tgtype::int4 & 28 <> 0`;

/** @param known those of other triggers: many have the same function */
function toTriggerEffect(row: Row, known: Map<string, TriggerEffect>): TriggerEffect {
  const events = [
    ...(row.inserts === true ? (["insert"] as const) : []),
    ...(row.updates === true ? (["update"] as const) : []),
    ...(row.deletes === true ? (["delete"] as const) : []),
  ];
  const language = row.language as string;
  const source = row.source as string;
  const key = [...events, language, source].join("\0");
  return once(known, key, () => triggerEffect(events, language, source));
}

const RELATION_KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "partitioned table",
  f: "foreign table",
  v: "view",
  m: "materialized view",
};

function groupByRelation(rows: readonly Row[]): Map<Oid, Row[]> {
  const groups = new Map<Oid, Row[]>();
  for (const row of rows) {
    const group = groups.get(Number(row.rel));
    if (group) group.push(row);
    else groups.set(Number(row.rel), [row]);
  }
  return groups;
}
