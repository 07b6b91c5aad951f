-- What locks rows of many tenants as it goes (the queue's statements) runs on the node that has them: each group of shards of this node is a
-- schema of its own, with the tables' names. A worker's connection has `set search_path = shard_<id>, public`. Run on each node with
-- shards, and again after shards were moved.
set citus.enable_ddl_propagation = off;
set citus.override_table_visibility = off;

do $$
declare
  -- Of a group, by the range of hashes that it has.
  shards record;
  shard record;
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
      select c.relname as name, format('%s_%s', c.relname, s.shardid) as place
      from pg_dist_shard s
      join pg_dist_partition d on d.logicalrelid = s.logicalrelid and d.partmethod = 'h'
      join pg_class c on c.oid = s.logicalrelid and not c.relispartition
      where s.shardminvalue = shards.first
    loop
      execute format(
        'create view %I.%I with (security_invoker = true) as select * from public.%I', shards.name, shard.name, shard.place);
    end loop;
    execute format('grant usage on schema %I to solitude_worker', shards.name);
    execute format('grant select, insert, update, delete on all tables in schema %I to solitude_worker', shards.name);
  end loop;
end
$$;
