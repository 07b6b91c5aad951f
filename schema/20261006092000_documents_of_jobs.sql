-- A job has a row here and documents elsewhere. Both are made and erased together: the row's transaction writes what is to
-- become of the documents into this outbox, whoever made or deleted the row, and a worker delivers it.

-- migrate:up

set local lock_timeout = '5s';

create type job_document_action as enum ('create', 'erase');

-- No foreign keys: what is to be erased outlives its job, and its workspace.
create table job_document_outbox (
  id bigint generated always as identity primary key,
  workspace_id uuid not null,
  job_id uuid not null,
  action job_document_action not null,
  documents json_document not null default '{}',
  attempts integer not null default 0,
  last_error text,
  locked_until timestamptz not null default '-infinity',
  created_at timestamptz not null default now(),
  check (action = 'create' or documents = '{}')
);
comment on table job_document_outbox is
  'What is to become of the documents of jobs. Delivered in order for each job, at least once; what is delivered is deleted.';
comment on column job_document_outbox.documents is
  'What a job starts with, by collection and id, as extended JSON. What is there already stays as it is.';
create index job_document_outbox_job_idx on job_document_outbox (workspace_id, job_id, id);
create index job_document_outbox_due_idx on job_document_outbox (locked_until, id);

alter table job_document_outbox enable row level security;
create policy tenant on job_document_outbox to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on job_document_outbox to solitude_worker using (true) with check (true);
create policy reading on job_document_outbox for select to solitude_readonly using (true);

create function write_job_document_outbox() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    insert into job_document_outbox (workspace_id, job_id, action)
    select o.workspace_id, o.id, 'erase' from changed_jobs o order by o.workspace_id, o.id;
  else
    insert into job_document_outbox (workspace_id, job_id, action)
    select n.workspace_id, n.id, 'create' from changed_jobs n order by n.workspace_id, n.id;
  end if;
  return null;
end
$$;
comment on function write_job_document_outbox() is
  'Trigger: a job that is made or deleted, by whatever statement, has its documents made or erased.';
revoke execute on function write_job_document_outbox() from public;
create trigger create_job_documents after insert on jobs
  referencing new table as changed_jobs
  for each statement execute function write_job_document_outbox();
create trigger erase_job_documents after delete on jobs
  referencing old table as changed_jobs
  for each statement execute function write_job_document_outbox();

-- migrate:down

drop trigger erase_job_documents on jobs;
drop trigger create_job_documents on jobs;
drop function write_job_document_outbox();
drop table job_document_outbox;
drop type job_document_action;
