create table jobs (
  id bigint generated always as identity primary key,
  input jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
  attempts integer not null default 0,
  -- Who has it must say so again before then, or another takes it.
  leased_until timestamptz,
  last_error text
);
create index jobs_waiting on jobs (id) where state in ('queued', 'running');
