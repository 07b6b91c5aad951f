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
