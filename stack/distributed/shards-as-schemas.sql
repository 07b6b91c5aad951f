-- What locks rows of many tenants as it goes (the queue's statements) runs on the node that has them: each group of shards of this node is a
-- schema of its own, with the tables' names. A worker's connection has `set search_path = shard_<id>, public`. Run on each node with
-- shards, and again after shards were moved or roles/ was applied.
set citus.enable_ddl_propagation = off;
set citus.override_table_visibility = off;

do $$
declare
  -- Of a group, by the range of hashes that it has.
  shards record;
  shard record;
  allowed record;
begin
  for shards in
    select n.nspname as name from pg_namespace n where n.nspname ~ '^shard_\d+$'
  loop
    execute format('drop schema %I cascade', shards.name);
  end loop;
  for shards in
    select format('shard_%s', s.shardid) as name, s.shardminvalue as first
    from pg_dist_shard s
    join pg_dist_placement p using (shardid)
    join pg_dist_local_group l using (groupid)
    where s.logicalrelid = 'public.workspaces'::regclass
  loop
    execute format('create schema %I', shards.name);
    for shard in
      select c.oid as relation, c.relname as name, format('%s_%s', c.relname, s.shardid) as place
      from pg_dist_shard s
      join pg_dist_partition d on d.logicalrelid = s.logicalrelid and d.partmethod = 'h'
      join pg_class c on c.oid = s.logicalrelid and not c.relispartition
      where s.shardminvalue = shards.first
    loop
      execute format(
        'create view %I.%I as select * from public.%I', shards.name, shard.name, shard.place);
      -- The worker may see each tenant's rows; of their columns, those that it may in the table.
      for allowed in
        select g.privilege_type as what, null as column from pg_class c cross join aclexplode(c.relacl) g
        where c.oid = shard.relation and g.grantee = 'solitude_worker'::regrole
        union all
        select g.privilege_type, a.attname from pg_attribute a cross join aclexplode(a.attacl) g
        where a.attrelid = shard.relation and a.attnum > 0 and g.grantee = 'solitude_worker'::regrole
      loop
        execute format('grant %s%s on %I.%I to solitude_worker', allowed.what, ' (' || quote_ident(allowed.column) || ')',
          shards.name, shard.name);
      end loop;
    end loop;
    execute format('grant usage on schema %I to solitude_worker', shards.name);
  end loop;
end
$$;
