-- Which states may follow which. One table for all of them, so that whoever asks finds them in one place; a trigger
-- on each table holds them, whichever query changes the state.

-- migrate:up

create table state_transitions (
  subject text not null,
  from_state text not null,
  to_state text not null,
  primary key (subject, from_state, to_state)
);
comment on table state_transitions is
  'The states that may follow one another. A change that is not here is refused.';
comment on column state_transitions.subject is 'The table whose column `status` it is about.';

insert into state_transitions (subject, from_state, to_state) values
  ('users', 'pending', 'active'),
  ('users', 'pending', 'suspended'),
  ('users', 'pending', 'deleted'),
  ('users', 'active', 'suspended'),
  ('users', 'active', 'deleted'),
  ('users', 'suspended', 'pending'),
  ('users', 'suspended', 'active'),
  ('users', 'suspended', 'deleted'),
  ('agents', 'draft', 'active'),
  ('agents', 'draft', 'archived'),
  ('agents', 'active', 'archived'),
  ('agent_versions', 'draft', 'published'),
  ('agent_versions', 'published', 'deprecated'),
  ('files', 'pending', 'stored'),
  ('files', 'pending', 'quarantined'),
  ('files', 'pending', 'deleted'),
  ('files', 'stored', 'quarantined'),
  ('files', 'stored', 'deleted'),
  ('files', 'quarantined', 'stored'),
  ('files', 'quarantined', 'deleted'),
  ('dataset_versions', 'building', 'ready'),
  ('dataset_versions', 'building', 'failed'),
  ('listings', 'draft', 'in_review'),
  ('listings', 'draft', 'withdrawn'),
  ('listings', 'in_review', 'draft'),
  ('listings', 'in_review', 'published'),
  ('listings', 'in_review', 'withdrawn'),
  ('listings', 'published', 'suspended'),
  ('listings', 'published', 'withdrawn'),
  ('listings', 'suspended', 'published'),
  ('listings', 'suspended', 'withdrawn'),
  ('installations', 'active', 'paused'),
  ('installations', 'active', 'uninstalled'),
  ('installations', 'paused', 'active'),
  ('installations', 'paused', 'uninstalled'),
  ('reviews', 'visible', 'hidden'),
  ('reviews', 'visible', 'reported'),
  ('reviews', 'reported', 'visible'),
  ('reviews', 'reported', 'hidden'),
  ('reviews', 'hidden', 'visible'),
  ('approval_requests', 'pending', 'approved'),
  ('approval_requests', 'pending', 'rejected'),
  ('approval_requests', 'pending', 'cancelled'),
  ('approval_requests', 'pending', 'expired'),
  ('jobs', 'queued', 'running'),
  ('jobs', 'queued', 'cancelled'),
  ('jobs', 'running', 'queued'),
  ('jobs', 'running', 'waiting_approval'),
  ('jobs', 'running', 'succeeded'),
  ('jobs', 'running', 'failed'),
  ('jobs', 'running', 'cancelled'),
  ('jobs', 'waiting_approval', 'queued'),
  ('jobs', 'waiting_approval', 'cancelled'),
  ('integrations', 'connecting', 'connected'),
  ('integrations', 'connecting', 'degraded'),
  ('integrations', 'connecting', 'disconnected'),
  ('integrations', 'connected', 'connecting'),
  ('integrations', 'connected', 'degraded'),
  ('integrations', 'connected', 'disconnected'),
  ('integrations', 'degraded', 'connecting'),
  ('integrations', 'degraded', 'connected'),
  ('integrations', 'degraded', 'disconnected');

-- The table's name is an argument, because a shard of the table has another.
create function refuse_undeclared_transition() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (
    select from state_transitions t
    where t.subject = tg_argv[0] and t.from_state = old.status::text and t.to_state = new.status::text
  ) then
    raise exception '% cannot go from % to %', tg_argv[0], old.status, new.status
      using errcode = 'check_violation', constraint = tg_argv[0] || '_status_transition', table = tg_argv[0];
  end if;
  return new;
end
$$;
comment on function refuse_undeclared_transition() is
  'Trigger: refuses a change of status that state_transitions does not have.';
revoke execute on function refuse_undeclared_transition() from public;

create trigger refuse_undeclared_transition before update of status on users
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('users');
create trigger refuse_undeclared_transition before update of status on agents
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('agents');
create trigger refuse_undeclared_transition before update of status on agent_versions
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('agent_versions');
create trigger refuse_undeclared_transition before update of status on files
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('files');
create trigger refuse_undeclared_transition before update of status on dataset_versions
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('dataset_versions');
create trigger refuse_undeclared_transition before update of status on listings
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('listings');
create trigger refuse_undeclared_transition before update of status on installations
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('installations');
create trigger refuse_undeclared_transition before update of status on reviews
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('reviews');
create trigger refuse_undeclared_transition before update of status on approval_requests
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('approval_requests');
create trigger refuse_undeclared_transition before update of status on jobs
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('jobs');
create trigger refuse_undeclared_transition before update of status on integrations
  for each row when (old.status is distinct from new.status)
  execute function refuse_undeclared_transition('integrations');

-- migrate:down

drop trigger refuse_undeclared_transition on users;
drop trigger refuse_undeclared_transition on agents;
drop trigger refuse_undeclared_transition on agent_versions;
drop trigger refuse_undeclared_transition on files;
drop trigger refuse_undeclared_transition on dataset_versions;
drop trigger refuse_undeclared_transition on listings;
drop trigger refuse_undeclared_transition on installations;
drop trigger refuse_undeclared_transition on reviews;
drop trigger refuse_undeclared_transition on approval_requests;
drop trigger refuse_undeclared_transition on jobs;
drop trigger refuse_undeclared_transition on integrations;
drop function refuse_undeclared_transition();
drop table state_transitions;
