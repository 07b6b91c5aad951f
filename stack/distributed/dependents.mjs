const CATALOG = `
  with own as (
    select 'pg_class'::regclass as class, c.oid, format('%s %I', case c.relkind when 'v' then 'view' else 'materialized view' end, c.relname) as name
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
    union all
    select 'pg_proc'::regclass, p.oid,
      format('%s %s', case p.prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure)
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p', 'w')
  ), mine as (
    select * from own o
    where not exists (select from pg_depend d where d.classid = o.class and d.objid = o.oid and d.deptype = 'e')
  ), needs as (
    -- What a view needs is its rule's, and of a row's type the table is needed.
    select
      case when r.oid is null then d.classid else 'pg_class'::regclass::oid end as class,
      coalesce(r.ev_class, d.objid) as oid,
      case when row_type.typrelid is null then d.refclassid else 'pg_class'::regclass::oid end as needed_class,
      coalesce(row_type.typrelid, d.refobjid) as needed
    from pg_depend d
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    left join lateral (
      select y.typrelid
      from pg_type t
      join pg_type y on y.oid = case when t.typelem <> 0 and t.typlen = -1 then t.typelem else t.oid end
      where d.refclassid = 'pg_type'::regclass and t.oid = d.refobjid and y.typrelid <> 0
    ) row_type on true
  )
  select
    m.name,
    array(
      select distinct o.name
      from needs n join mine o on o.class = n.needed_class and o.oid = n.needed
      where n.class = m.class and n.oid = m.oid and n.needed <> m.oid
    ) as needs,
    array(
      select distinct t.relname::text
      from needs n join pg_class t on n.needed_class = 'pg_class'::regclass and t.oid = n.needed
      where n.class = m.class and n.oid = m.oid and t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
    ) as tables,
    -- What else needs it, and can neither be taken off with it nor stay without.
    array(
      select distinct pg_describe_object(d.classid, d.objid, d.objsubid)
      from pg_depend d
      where d.refclassid = m.class and d.refobjid = m.oid and d.deptype in ('n', 'a')
        and d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_rewrite'::regclass)
        and not (d.classid = 'pg_trigger'::regclass and d.deptype = 'a')
    ) as needed_by,
    case when m.class = 'pg_proc'::regclass then pg_get_functiondef(m.oid) else (
      select format(
        'create %s%s as %s%s', m.name,
        ' with (' || array_to_string(c.reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(c.oid), ';'),
        case when c.relkind = 'm' and not c.relispopulated then ' with no data' end)
      from pg_class c where c.oid = m.oid
    ) end as definition,
    array(
      select pg_get_indexdef(i.indexrelid) from pg_index i where m.class = 'pg_class'::regclass and i.indrelid = m.oid
      union all
      select pg_get_triggerdef(g.oid) from pg_trigger g where m.class = 'pg_class'::regclass and g.tgrelid = m.oid and not g.tgisinternal
      union all
      select pg_get_ruledef(r.oid) from pg_rewrite r where m.class = 'pg_class'::regclass and r.ev_class = m.oid and r.rulename <> '_RETURN'
      union all
      select format('comment on %s is %L', m.name, d.description)
      from pg_description d where d.classoid = m.class and d.objoid = m.oid and d.objsubid = 0
      union all
      select format('comment on column %s.%I is %L', a.attrelid::regclass, a.attname, d.description)
      from pg_description d
      join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
      where d.classoid = m.class and d.objoid = m.oid and m.class = 'pg_class'::regclass
    ) as belongings,
    (
      select jsonb_build_object(
        'owner', format('alter %s owner to %s', m.name, o.owner::regrole),
        -- Nothing but what was granted: neither what everybody may, nor what default privileges give.
        'nobody', format('revoke all on %s from public, %s', o.name, (
          select string_agg(distinct w.who, ', ')
          from (
            select o.owner::regrole::text
            union all
            select a.grantee::regrole::text
            from pg_default_acl d cross join aclexplode(d.defaclacl) a
            where d.defaclobjtype = o.kind and a.grantee <> 0
          ) w (who))),
        'grants', array(
          select format(
            'grant %s%s on %s to %s%s', a.privilege_type, ' (' || quote_ident(a.attname) || ')', o.name,
            case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            case when a.is_grantable then ' with grant option' end)
          from (
            select null as attname, r.* from aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) r
            union all
            select c.attname, r.* from pg_attribute c cross join aclexplode(c.attacl) r where o.kind = 'r' and c.attrelid = m.oid
          ) a)
      )
      from (
        select c.relowner as owner, c.relacl as acl, 'r'::"char" as kind, c.oid::regclass::text as name
        from pg_class c where m.class = 'pg_class'::regclass and c.oid = m.oid
        union all
        select p.proowner, p.proacl, 'f', m.name from pg_proc p where m.class = 'pg_proc'::regclass and p.oid = m.oid
      ) o
    ) as rights
  from mine m
  order by m.name`;

/**
 * Says how the views and functions that need tables are taken off them, and made again as they were: definition, options, owner,
 * rights and comments, and what belongs to them. It is for tables that become another kind of table only without them.
 *
 * @param {import("pg").ClientBase | import("pg").Pool} client
 * @param {(table: string) => boolean} becomesAnother
 * @returns {Promise<{ off: string[], again: string[], problems: string[] }>} statements, in their order
 */
export async function planDependents(client, becomesAnother) {
  const { rows } = await client.query(CATALOG);
  const byName = new Map(rows.map((object) => [object.name, object]));
  /** Those that need a table, each behind what it needs. */
  const dependents = new Set();
  const seen = new Map();
  const needsTable = (name) => {
    if (!seen.has(name)) {
      seen.set(name, false);
      const { needs, tables } = byName.get(name);
      const isDependent = needs.filter(needsTable).length > 0 || tables.some(becomesAnother);
      seen.set(name, isDependent);
      if (isDependent) dependents.add(name);
    }
    return seen.get(name);
  };
  for (const name of byName.keys()) needsTable(name);

  const objects = Array.from(dependents, (name) => byName.get(name));
  return {
    off: objects.toReversed().map(({ name }) => `drop ${name}`),
    again: objects.flatMap(({ definition, belongings, rights }) => [
      definition,
      ...belongings,
      rights.owner,
      rights.nobody,
      ...rights.grants,
    ]),
    problems: objects.flatMap(({ name, needed_by }) =>
      needed_by.map((other) => `${other}: needs ${name}, which is there only behind its tables`),
    ),
  };
}
