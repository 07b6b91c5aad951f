-- An approval workflow says who must agree to what. A request is one run of it: its steps are copied from the
-- definition when it starts, so that a later change of the definition does not move the goalposts of requests
-- under way.

-- migrate:up

create type approval_status as enum ('pending', 'approved', 'rejected', 'cancelled', 'expired');
create type approval_verdict as enum ('approved', 'rejected', 'abstained');

create table approval_workflows (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  slug url_slug not null,
  name text not null,
  description text not null default '',
  subject_kind text not null,
  expires_after interval,
  is_active boolean not null default true,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, slug),
  constraint approval_workflows_subject_kind_check
    check (subject_kind in (
      'agent_version', 'listing', 'dataset_version', 'configuration_version', 'job', 'tool_call'
    )),
  constraint approval_workflows_expires_after_check check (expires_after > interval '0')
);
comment on table approval_workflows is 'The definition of who must agree to what.';
comment on column approval_workflows.subject_kind is 'What kind of thing it decides about.';
comment on column approval_workflows.expires_after is
  'How long a request waits for its decisions; null is for ever.';

create trigger touch_updated_at before update on approval_workflows
  for each row execute function touch_updated_at();

create table approval_workflow_steps (
  workspace_id uuid not null,
  workflow_id uuid not null,
  position smallint not null,
  name text not null,
  approver_role workspace_role not null default 'admin',
  approver_ids uuid[] not null default '{}',
  required_approvals smallint not null default 1,
  primary key (workspace_id, workflow_id, position),
  foreign key (workspace_id, workflow_id) references approval_workflows (workspace_id, id) on delete cascade,
  constraint approval_workflow_steps_position_check check (position > 0),
  constraint approval_workflow_steps_required_check
    check (required_approvals > 0
      and (cardinality(approver_ids) = 0 or required_approvals <= cardinality(approver_ids)))
);
comment on table approval_workflow_steps is 'The steps of a workflow, which are taken one after the other.';
comment on column approval_workflow_steps.approver_role is
  'Members of this role or above decide, unless approver_ids says who.';
comment on column approval_workflow_steps.approver_ids is
  'The users who decide; empty means anyone of approver_role.';

create table approval_requests (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  workflow_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  title text not null,
  context json_document not null default '{}',
  status approval_status not null default 'pending',
  current_position smallint not null default 1,
  requested_by uuid not null references users (id),
  temporal_workflow_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz,
  completed_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, workflow_id) references approval_workflows (workspace_id, id),
  constraint approval_requests_subject_kind_check
    check (subject_kind in (
      'agent_version', 'listing', 'dataset_version', 'configuration_version', 'job', 'tool_call'
    )),
  constraint approval_requests_completed_check check ((status = 'pending') = (completed_at is null))
);
comment on table approval_requests is 'One run of an approval workflow, about one subject.';
comment on column approval_requests.subject_id is
  'The id of the subject in the table that subject_kind names.';
comment on column approval_requests.current_position is
  'The step that is waiting for decisions, or was the last one taken.';
comment on column approval_requests.temporal_workflow_id is
  'The Temporal workflow that waits for the outcome, if one does.';

-- Nobody is asked twice about the same thing at the same time.
create unique index approval_requests_open_subject_key
  on approval_requests (workspace_id, workflow_id, subject_id) where status = 'pending';
create index approval_requests_created_at_idx
  on approval_requests (workspace_id, status, created_at desc, id desc);
create index approval_requests_expires_at_idx on approval_requests (expires_at) where status = 'pending';

create trigger touch_updated_at before update on approval_requests
  for each row execute function touch_updated_at();

create table approval_request_steps (
  workspace_id uuid not null,
  request_id uuid not null,
  position smallint not null,
  name text not null,
  approver_role workspace_role not null,
  approver_ids uuid[] not null,
  required_approvals smallint not null,
  primary key (workspace_id, request_id, position),
  foreign key (workspace_id, request_id) references approval_requests (workspace_id, id) on delete cascade
);
comment on table approval_request_steps is
  'The steps of a request, as its workflow defined them when the request was made.';

create table approval_decisions (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  request_id uuid not null,
  step_position smallint not null,
  decided_by uuid not null references users (id),
  verdict approval_verdict not null,
  comment text,
  decided_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, request_id, step_position, decided_by),
  foreign key (workspace_id, request_id, step_position)
    references approval_request_steps (workspace_id, request_id, position),
  constraint approval_decisions_comment_check check (verdict <> 'rejected' or comment is not null)
);
comment on table approval_decisions is 'Who decided what, at which step. A rejection gives its reason.';

create index approval_decisions_decided_by_idx
  on approval_decisions (workspace_id, decided_by, decided_at desc);

-- migrate:down

drop table approval_decisions;
drop table approval_request_steps;
drop table approval_requests;
drop table approval_workflow_steps;
drop table approval_workflows;
drop type approval_verdict;
drop type approval_status;
