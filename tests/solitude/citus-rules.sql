-- What stands in for Citus on a plain server: its functions note that they were called, and refuse what Citus documents that it
-- refuses. Which rows lie where they do not change.

create temp table pg_dist_local_group as select 0 as groupid;

create function run_command_on_placements(t regclass, command text) returns void language sql as $$ select $$;
create function create_distributed_function(f regprocedure) returns void language sql as $$ select $$;
create temp table made (place int generated always as identity, relation regclass unique, key text);

create function kind_of(t regclass) returns text language sql as $$
  select coalesce((select case when m.key is null then 'reference' else 'distributed' end from made m where m.relation = t), 'local')
$$;

/* A foreign key is colocated where both tables' keys stand at the same place of it. */
create function problem_of(k pg_constraint) returns text language sql as $$
  select case
    when kind_of(k.conrelid) = 'distributed' and kind_of(k.confrelid) = 'distributed' then case
      when not exists (
        select from made f
        join made t on t.relation = k.confrelid
        join pg_attribute fa on fa.attrelid = k.conrelid and fa.attname = f.key
        join pg_attribute ta on ta.attrelid = k.confrelid and ta.attname = t.key
        where f.relation = k.conrelid
          and array_position(k.conkey, fa.attnum) = array_position(k.confkey, ta.attnum)
      ) then 'is not colocated'
      when k.confdeltype in ('n', 'd') or k.confupdtype in ('n', 'd', 'c') then 'sets columns of a key with the distribution column'
    end
    when kind_of(k.conrelid) = 'distributed' and kind_of(k.confrelid) = 'local' then 'leads to a local table'
    when kind_of(k.conrelid) <> 'distributed' and kind_of(k.confrelid) = 'distributed'
      then format('leads from a %s table to a distributed one', kind_of(k.conrelid))
  end
$$;

create function refuse_foreign_keys(t regclass) returns void language plpgsql as $$
declare
  k pg_constraint;
begin
  for k in
    select * from pg_constraint c where c.contype = 'f' and c.conparentid = 0 and t in (c.conrelid, c.confrelid)
  loop
    if problem_of(k) is not null then
      raise exception 'foreign key % %', k.conname, problem_of(k) using errcode = 'feature_not_supported';
    end if;
  end loop;
end
$$;

/* What Citus takes a table to need: functions that whatever uses its columns calls, and what those need by the types and columns that they name. */
create function needs_of(t regclass) returns setof regclass language sql as $$
  with recursive called as (
    -- A view's rule, a policy, a default or a function that uses the table's columns, and what it calls.
    select f.refobjid as function
    from pg_depend d
    join pg_depend f on f.classid = d.classid and f.objid = d.objid and f.refclassid = 'pg_proc'::regclass
    where d.refclassid = 'pg_class'::regclass and d.refobjid = t and d.deptype in ('n', 'a')
    union
    select f.refobjid
    from called c
    join pg_depend f on f.classid = 'pg_proc'::regclass and f.objid = c.function and f.refclassid = 'pg_proc'::regclass
  )
  select distinct coalesce(y.typrelid, d.refobjid)::regclass
  from called c
  join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = c.function
  left join pg_type y on d.refclassid = 'pg_type'::regclass and y.oid = d.refobjid and y.typrelid <> 0
  where d.refclassid = 'pg_class'::regclass or y.oid is not null
$$;

create function refuse_needs(t regclass) returns void language plpgsql as $$
declare
  needed regclass;
begin
  for needed in select n from needs_of(t) n loop
    if needed = t then
      raise exception '% circularly depends itself', t using errcode = 'feature_not_supported';
    elsif kind_of(needed) = 'local' then
      raise exception '% has dependency to % that is not in Citus'' metadata', t, needed using errcode = 'feature_not_supported';
    end if;
  end loop;
end
$$;

create function refuse_triggers(t regclass) returns void language plpgsql as $$
begin
  if current_setting('citus.enable_unsafe_triggers', true) is distinct from 'on'
    and exists (select from pg_trigger g where g.tgrelid = t and not g.tgisinternal)
  then
    raise exception 'cannot distribute relation % because it has triggers', t using errcode = 'feature_not_supported';
  end if;
end
$$;

create function create_reference_table(t regclass) returns void language plpgsql as $$
begin
  insert into made (relation) values (t);
  perform refuse_triggers(t), refuse_foreign_keys(t), refuse_needs(t);
end
$$;

create function create_distributed_table(t regclass, k text, colocate_with text default 'default') returns void
language plpgsql as $$
declare
  unique_index regclass;
begin
  if not exists (select from pg_attribute a where a.attrelid = t and a.attname = k and a.attnotnull) then
    raise exception 'column % of % may be null, or is not there', k, t using errcode = 'feature_not_supported';
  end if;
  if colocate_with <> 'default' and kind_of(colocate_with::regclass) <> 'distributed' then
    raise exception '% is not distributed yet', colocate_with using errcode = 'feature_not_supported';
  end if;
  select i.indexrelid into unique_index from pg_index i
  where i.indrelid = t and (i.indisunique or i.indisexclusion) and not exists (
    select from pg_attribute a where a.attrelid = t and a.attname = k and a.attnum = any(i.indkey));
  if found then
    raise exception 'cannot create constraint on %: % has not the distribution column', t, unique_index
      using errcode = 'feature_not_supported';
  end if;
  if exists (select from pg_attribute a where a.attrelid = t and a.attidentity <> '' and a.atttypid <> 'bigint'::regtype) then
    raise exception 'identity columns of % must be bigint', t using errcode = 'feature_not_supported';
  end if;
  if exists (select from pg_class c where c.oid = t and (c.relpersistence = 't' or c.relispartition)) then
    raise exception '% is temporary, or a partition', t using errcode = 'feature_not_supported';
  end if;
  insert into made (relation, key) values (t, k);
  perform refuse_triggers(t), refuse_foreign_keys(t), refuse_needs(t);
end
$$;
