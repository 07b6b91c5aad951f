-- What foreign keys did that Citus does not have: each on the node that has the rows.
create function on_delete_forget_current_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update agents a set current_version_id = null
  where a.workspace_id = old.workspace_id and a.id = old.agent_id and a.current_version_id = old.id;
  return old;
end
$$;
create trigger on_delete_forget_current_version before delete on agent_versions
  for each row execute function on_delete_forget_current_version();
alter table agents add constraint agents_current_version_fkey
  foreign key (workspace_id, id, current_version_id) references agent_versions (workspace_id, agent_id, id);

create function on_delete_forget_custom_role() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update workspace_members m set custom_role_id = null
  where m.workspace_id = old.workspace_id and m.custom_role_id = old.id;
  return old;
end
$$;
create trigger on_delete_forget_custom_role before delete on workspace_roles
  for each row execute function on_delete_forget_custom_role();
alter table workspace_members add constraint workspace_members_workspace_id_custom_role_id_fkey
  foreign key (workspace_id, custom_role_id) references workspace_roles (workspace_id, id);

-- Names, and who has reviewed what: a workspace or a review that was not written there first is refused.
alter table workspaces add constraint workspaces_slug_fkey
  foreign key (slug, id) references workspace_slugs (slug, workspace_id);
alter table reviews add constraint reviews_author_fkey
  foreign key (workspace_id, listing_id, author_id) references listing_reviewers (workspace_id, listing_id, author_id);

-- Listings are on every node: the version that one offers cannot go.
create function on_delete_keep_offered_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from listings l
    where l.publisher_workspace_id = old.workspace_id and l.agent_id = old.agent_id and l.agent_version_id = old.id
  ) then
    raise exception 'version % is offered', old.version
      using errcode = 'foreign_key_violation', constraint = 'listings_publisher_workspace_id_agent_id_agent_version_id_fkey';
  end if;
  return old;
end
$$;
create constraint trigger on_delete_keep_offered_version after delete on agent_versions
  deferrable initially deferred for each row execute function on_delete_keep_offered_version();

create function on_delete_keep_publisher() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from listings l where l.publisher_workspace_id = old.id) then
    raise exception 'workspace % has offers', old.id
      using errcode = 'foreign_key_violation', constraint = 'listings_publisher_workspace_id_fkey';
  end if;
  return null;
end
$$;
create constraint trigger on_delete_keep_publisher after delete on workspaces
  deferrable initially deferred for each row execute function on_delete_keep_publisher();

-- A publisher's versions are on another shard than who installs them; what a listing offers, every node has.
create or replace function refuse_installation_of_what_is_not_offered() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (
    select from listings l
    where l.id = new.listing_id and l.status = 'published' and l.agent_version_id = new.agent_version_id
      and (l.visibility <> 'private' or l.publisher_workspace_id = new.workspace_id)
  ) then
    raise exception 'listing % does not offer version % to %', new.listing_id, new.agent_version_id, new.workspace_id
      using errcode = 'check_violation', constraint = 'installations_offer_check';
  end if;
  return null;
end
$$;

-- The rows of a statement are on the node that has changed them, and go into no statement on a distributed table: they are read first.
create or replace function note_storage_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  change record;
begin
  if tg_op = 'INSERT' then
    for change in
      select n.workspace_id, coalesce(n.extension, 'none') as extension, count(*) as files, sum(n.size_bytes) as bytes
      from new_files n where n.status = 'stored' group by 1, 2
    loop
      insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
      values (change.workspace_id, change.extension, change.files, change.bytes);
    end loop;
  elsif tg_op = 'DELETE' then
    for change in
      select o.workspace_id, coalesce(o.extension, 'none') as extension, count(*) as files, sum(o.size_bytes) as bytes
      from old_files o where o.status = 'stored' group by 1, 2
    loop
      insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
      select w.id, change.extension, -change.files, -change.bytes from workspaces w where w.id = change.workspace_id;
    end loop;
  else
    for change in
      select f.workspace_id, f.extension, sum(f.file_count) as files, sum(f.size_bytes) as bytes
      from (
        select n.workspace_id, coalesce(n.extension, 'none') as extension, 1 as file_count, n.size_bytes
        from new_files n where n.status = 'stored'
        union all
        select o.workspace_id, coalesce(o.extension, 'none'), -1, -o.size_bytes
        from old_files o where o.status = 'stored'
      ) f
      group by f.workspace_id, f.extension
      having sum(f.file_count) <> 0 or sum(f.size_bytes) <> 0
    loop
      insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
      values (change.workspace_id, change.extension, change.files, change.bytes);
    end loop;
  end if;
  return null;
end
$$;

create or replace function note_usage_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  change record;
begin
  for change in
    select distinct u.workspace_id, (u.recorded_at at time zone 'UTC')::date as day from changed_usage u
  loop
    insert into workspace_usage_changes (workspace_id, day)
    select w.id, change.day from workspaces w where w.id = change.workspace_id;
  end loop;
  return null;
end
$$;

create or replace function refuse_change_of_finished_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  version record;
begin
  for version in select distinct c.workspace_id, c.dataset_version_id as id from changed c loop
    if exists (
      select from dataset_versions v
      where v.workspace_id = version.workspace_id and v.id = version.id and v.status <> 'building'
    ) then
      raise exception 'the files of a version that is not being built cannot change'
        using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
    end if;
  end loop;
  return null;
end
$$;

create or replace function write_job_document_outbox() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  job record;
begin
  for job in select c.workspace_id, c.id from changed_jobs c order by c.workspace_id, c.id loop
    insert into job_document_outbox (workspace_id, job_id, action)
    values (job.workspace_id, job.id, case when tg_op = 'DELETE' then 'erase'::job_document_action else 'create' end);
  end loop;
  return null;
end
$$;

-- Who publishes is another tenant, whose members a node may not have, nor ask another for within a transaction: the coordinator does, when
-- it is written who reviews.
create or replace function refuse_own_review() returns trigger
language plpgsql security definer set search_path = public, pg_temp set citus.allow_nested_distributed_execution = on as $$
declare
  publisher uuid := (select l.publisher_workspace_id from listings l where l.id = new.listing_id);
begin
  if exists (select from workspace_members m where m.workspace_id = publisher and m.user_id = new.author_id) then
    raise exception 'a publisher does not review its own listing'
      using errcode = 'check_violation', constraint = 'reviews_author_check';
  end if;
  return new;
end
$$;

drop trigger refuse_own_review on reviews;
create trigger refuse_own_review before insert on listing_reviewers
  for each row when (is_coordinator()) execute function refuse_own_review();

create or replace function refuse_offer_of_archived_agent() returns trigger
language plpgsql security definer set search_path = public, pg_temp set citus.allow_nested_distributed_execution = on as $$
declare
  listing listings;
begin
  update agents a set updated_at = now() where a.workspace_id = new.publisher_workspace_id and a.id = new.agent_id;
  select * into listing from listings l where l.id = new.id and l.status <> 'withdrawn';
  if exists (
    select from agents a
    where a.workspace_id = listing.publisher_workspace_id and a.id = listing.agent_id and a.archived_at is not null
  ) then
    raise exception 'agent % is archived and cannot be offered', new.agent_id
      using errcode = 'check_violation', constraint = 'listings_agent_check';
  end if;
  return null;
end
$$;

-- Users are on every node, and written by the coordinator: what a node has of them is read.
create or replace function admit_workspace_member() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from users u where u.id = new.user_id and u.status = 'deleted') and exists (
    select from workspace_members m where m.workspace_id = new.workspace_id and m.user_id = new.user_id
  ) then
    raise exception 'user % is deleted', new.user_id
      using errcode = 'check_violation', constraint = 'workspace_members_user_check';
  end if;
  update workspaces w set updated_at = now()
  where w.id = new.workspace_id and w.xmin <> pg_current_xact_id()::xid;
  perform refuse_member_too_many(new.workspace_id);
  return null;
end
$$;

create or replace function refuse_row_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person uuid := to_jsonb(new) ->> tg_argv[0];
  is_gone boolean := (select u.status = 'deleted' from users u where u.id = person);
begin
  if is_gone then
    raise exception 'user % is deleted', person
      using errcode = 'check_violation', constraint = 'users_deleted_check', table = tg_table_name;
  end if;
  return null;
end
$$;

create or replace function end_key_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update api_keys k set revoked_at = now()
  where k.workspace_id = new.workspace_id and k.id = new.id and k.revoked_at is null
    and exists (select from users u where u.id = new.created_by and u.status = 'deleted');
  return null;
end
$$;

-- Listings are on every node, too: the coordinator withdraws them.
create or replace function end_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a workspace is archived in read committed'
      using errcode = 'invalid_transaction_state', hint = 'Another level does not see what has just begun.';
  end if;
  update api_keys k set revoked_at = now() where k.workspace_id = new.id and k.revoked_at is null;
  update invitations i set revoked_at = now()
  where i.workspace_id = new.id and i.accepted_at is null and i.revoked_at is null;
  update approval_requests r set status = 'cancelled', completed_at = now()
  where r.workspace_id = new.id and r.status = 'pending';
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null, error = 'workspace archived'
  where j.workspace_id = new.id and j.status in ('queued', 'running', 'waiting_approval');
  return null;
end
$$;

create or replace function leave_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from approval_decisions d where d.workspace_id = old.id;
  delete from approval_requests r where r.workspace_id = old.id;
  return old;
end
$$;

create function leave_every_node(workspace uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update listings l
  set status = 'withdrawn', title = 'Withdrawn', summary = '', description = '', tags = '{}', publisher_workspace_id = null
  where l.publisher_workspace_id = workspace;
  delete from listing_reviewers r where r.workspace_id = workspace;
  delete from workspace_slugs s where s.workspace_id = workspace;
end
$$;
comment on function leave_every_node(uuid) is
  'Takes what every node has of a workspace that was erased: its offers, its name, whose reviews it had. On the coordinator, behind '
  'the erasure, in its transaction.';

-- A person is deleted by the application, and what its triggers do as the owner of the tables goes to the nodes by other connections: they
-- wait for what the first holds there, and see nothing of it. So each part is done where it can be: the profile by whoever deletes,
-- the trail, which asks whether the person is deleted, when that is so for everybody.
create or replace function erase_words_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  at timestamptz := now();
begin
  delete from credentials c where c.user_id = new.id;
  delete from sessions s where s.user_id = new.id;
  delete from user_tokens t where t.user_id = new.id;
  delete from sign_in_challenges c where c.user_id = new.id;
  update invitations i set email = new.email, message = null,
    revoked_at = case when i.accepted_at is null then coalesce(i.revoked_at, at) end
  where i.email = old.email;
  update audit_log_persons p set user_id = new.id, address_hash = null
  where p.address_hash = text_sha256(old.email) and old.email_verified_at is not null;
  update reviews r set title = null, body = '' where r.author_id = new.id and (r.title is not null or r.body <> '');
  return null;
end
$$;
create function erase_profile_of_deleted_user() returns trigger
language plpgsql set search_path = public, pg_temp set citus.allow_nested_distributed_execution = on as $$
begin
  update user_profiles p
  set display_name = 'Deleted user', headline = null, bio = null, avatar_url = null, links = '{}', preferences = '{}',
    locale = 'en', time_zone = 'UTC'
  where p.user_id = new.id;
  return null;
end
$$;
create trigger erase_profile_of_deleted_user after update of status on users
  for each row when (is_coordinator() and new.status = 'deleted' and old.status <> 'deleted')
  execute function erase_profile_of_deleted_user();

-- A trail is verified where it lies, and whether somebody is deleted is asked from there.
alter function is_lawful_erasure(uuid, bigint, boolean) set citus.allow_nested_distributed_execution = on;

create function sweep_across_nodes() returns bigint
language plpgsql security definer set search_path = public, pg_temp
-- Or Citus refuses to change what every node has behind what it has read of the shards side by side.
set citus.multi_shard_modify_mode = 'sequential' as $$
declare
  changed bigint := 0;
  more bigint;
  person uuid;
  archived uuid[] := array(select w.id from workspaces w where w.archived_at is not null);
  gone uuid[] := array(select u.id from users u where u.status = 'deleted');
begin
  update listings l set status = 'withdrawn' where l.publisher_workspace_id = any (archived) and l.status <> 'withdrawn';
  get diagnostics more = row_count;
  changed := changed + more;
  delete from workspace_members m where m.user_id = any (gone);
  get diagnostics more = row_count;
  changed := changed + more;
  update api_keys k set revoked_at = now() where k.created_by = any (gone) and k.revoked_at is null;
  get diagnostics more = row_count;
  changed := changed + more;
  -- Those before are the maintenance's.
  for person in
    select u.id from users u where u.status = 'deleted' and u.deleted_at > now() - interval '10 minutes'
  loop
    changed := changed + erase_person(person);
  end loop;
  return changed;
end
$$;
comment on function sweep_across_nodes() is
  'What triggers of one node cannot do to what every node has, and what they missed of it. On the coordinator, every minute.';
revoke execute on function leave_every_node(uuid), sweep_across_nodes() from public;
grant execute on function sweep_across_nodes() to solitude_ops;

create procedure grant_rights_of_nodes() language plpgsql set search_path = public, pg_temp as $$
declare
  missing record;
begin
  -- Rights to columns that each row has (xmax) are not handed on.
  for missing in
    select a.attrelid::regclass as relation, a.attname as columns, g.grantee::regrole as grantee
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relnamespace = 'public'::regnamespace
    cross join aclexplode(a.attacl) g
    where a.attnum < 0 and g.privilege_type = 'SELECT'
  loop
    perform run_command_on_placements(
      missing.relation, format('grant select (%I) on %%s to %s', missing.columns, missing.grantee));
  end loop;
  -- What a statement leaves out is filled in before it goes to a node, where whoever sent it has to have the right to give it.
  for missing in
    select c.oid::regclass as relation, r.grantee::regrole as grantee,
      string_agg(quote_ident(d.attname), ', ' order by d.attnum) as columns
    from pg_class c
    cross join lateral (
      select distinct g.grantee
      from pg_attribute a cross join aclexplode(a.attacl) g
      where a.attrelid = c.oid and g.privilege_type = 'INSERT' and g.grantee <> 0
    ) r
    join pg_attribute d on d.attrelid = c.oid and d.attnum > 0 and not d.attisdropped and d.attgenerated = ''
      and (d.atthasdef or d.attidentity <> '') and not has_column_privilege(r.grantee, c.oid, d.attnum, 'INSERT')
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    group by c.oid, r.grantee
  loop
    execute format('grant insert (%s) on %s to %s', missing.columns, missing.relation, missing.grantee);
  end loop;
  grant select, insert, delete on workspace_slugs, listing_reviewers to solitude_app;
  -- A view is read on the node by whoever asks, whom the table's policy holds.
  grant select on workspace_usage_daily to solitude_app;
  -- Where what is copied is written, Citus locks what it refers to, and asks for a right to change that: before.sql has by which no row changes.
  grant update (position) on categories to solitude_app, solitude_worker;
  grant update (last_seen_at) on users to solitude_worker;
end
$$;
comment on procedure grant_rights_of_nodes() is
  'Gives roles that may insert the columns that have defaults, and what is written or locked first on every node. After roles/ was applied.';
call grant_rights_of_nodes();
