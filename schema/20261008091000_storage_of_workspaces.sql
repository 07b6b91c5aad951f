-- What a workspace stores, by kind of file, without counting its files: a statement that changes files adds what it changed,
-- and merge_workspace_storage() adds that up. What is stored now is the sum of both, at every moment.

-- migrate:up

set local lock_timeout = '5s';

create table workspace_storage (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  extension text not null,
  file_count bigint not null,
  stored_bytes bigint not null,
  primary key (workspace_id, extension)
);
comment on table workspace_storage is
  'How many files a workspace stores and how long they are, by extension, but for workspace_storage_changes.';
comment on column workspace_storage.extension is 'As files.extension; none where there is none.';

-- Without a key: what changes files adds a row and waits for nobody.
create table workspace_storage_changes (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  extension text not null,
  file_count bigint not null,
  stored_bytes bigint not null
);
comment on table workspace_storage_changes is 'What is to be added to workspace_storage.';
create index workspace_storage_changes_idx on workspace_storage_changes (workspace_id);

alter table workspace_storage enable row level security;
create policy tenant on workspace_storage to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_storage to solitude_worker using (true) with check (true);
create policy reading on workspace_storage for select to solitude_readonly using (true);
alter table workspace_storage_changes enable row level security;
create policy tenant on workspace_storage_changes to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_storage_changes to solitude_worker using (true) with check (true);
create policy reading on workspace_storage_changes for select to solitude_readonly using (true);

create view stored_files with (security_invoker = true) as
select s.workspace_id, s.extension, s.file_count, s.stored_bytes from workspace_storage s
union all
select c.workspace_id, c.extension, c.file_count, c.stored_bytes from workspace_storage_changes c;
comment on view stored_files is 'The parts that add up to what a workspace stores at this moment.';

grant select on workspace_storage, workspace_storage_changes, stored_files to solitude_readonly;

create function note_storage_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
    select n.workspace_id, coalesce(n.extension, 'none'), count(*), sum(n.size_bytes)
    from new_files n where n.status = 'stored' group by 1, 2;
  elsif tg_op = 'DELETE' then
    insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
    select o.workspace_id, coalesce(o.extension, 'none'), -count(*), -sum(o.size_bytes)
    from old_files o join workspaces w on w.id = o.workspace_id where o.status = 'stored' group by 1, 2;
  else
    insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
    select f.workspace_id, f.extension, sum(f.file_count), sum(f.size_bytes)
    from (
      select n.workspace_id, coalesce(n.extension, 'none') as extension, 1 as file_count, n.size_bytes
      from new_files n where n.status = 'stored'
      union all
      select o.workspace_id, coalesce(o.extension, 'none'), -1, -o.size_bytes
      from old_files o where o.status = 'stored'
    ) f
    group by f.workspace_id, f.extension
    having sum(f.file_count) <> 0 or sum(f.size_bytes) <> 0;
  end if;
  return null;
end
$$;
comment on function note_storage_change() is 'Trigger: what is stored changes with the files, whichever statement changes them; an erased workspace stores nothing.';
revoke execute on function note_storage_change() from public;

create trigger note_storage_insert after insert on files
  referencing new table as new_files
  for each statement execute function note_storage_change();
create trigger note_storage_update after update on files
  referencing old table as old_files new table as new_files
  for each statement execute function note_storage_change();
create trigger note_storage_delete after delete on files
  referencing old table as old_files
  for each statement execute function note_storage_change();

create function merge_workspace_storage() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  merged bigint;
begin
  -- One at a time: what another run is merging is merged.
  if not pg_try_advisory_xact_lock(hashtext('merge_workspace_storage')) then
    return null;
  end if;
  with changed as (
    delete from workspace_storage_changes returning *
  )
  insert into workspace_storage as s (workspace_id, extension, file_count, stored_bytes)
  select c.workspace_id, c.extension, sum(c.file_count), sum(c.stored_bytes)
  from changed c
  group by c.workspace_id, c.extension
  on conflict (workspace_id, extension) do update
  set file_count = s.file_count + excluded.file_count, stored_bytes = s.stored_bytes + excluded.stored_bytes;
  get diagnostics merged = row_count;
  return merged;
end
$$;
comment on function merge_workspace_storage() is
  'Adds up what has changed; gives how many sums that were, null where another run is at it.';
revoke execute on function merge_workspace_storage() from public;

-- migrate:down

drop function merge_workspace_storage();
drop trigger note_storage_insert on files;
drop trigger note_storage_update on files;
drop trigger note_storage_delete on files;
drop function note_storage_change();
drop view stored_files;
drop table workspace_storage_changes;
drop table workspace_storage;
