-- name: CreateApprovalWorkflow :one
-- A workflow without steps, which cannot be started yet.
insert into approval_workflows (
  workspace_id, slug, name, description, subject_kind, expires_after, created_by
)
values (@workspace_id, @slug, @name, @description, @subject_kind, sqlc.narg(expires_after), @created_by)
returning *;

-- name: AddApprovalWorkflowStep :one
-- Adds a step at the end.
insert into approval_workflow_steps (
  workspace_id, workflow_id, position, name, approver_role, approver_ids, required_approvals
)
select
  @workspace_id,
  w.id,
  coalesce(max(s.position), 0) + 1,
  @name,
  @approver_role,
  coalesce(sqlc.narg(approver_ids)::uuid[], '{}'),
  @required_approvals
from approval_workflows w
left join approval_workflow_steps s on s.workspace_id = w.workspace_id and s.workflow_id = w.id
where w.workspace_id = @workspace_id and w.id = @workflow_id
group by w.workspace_id, w.id
returning *;

-- name: RemoveApprovalWorkflowSteps :execrows
-- Before the steps are defined anew, in the same transaction. Requests under way keep their own.
delete from approval_workflow_steps
where workspace_id = @workspace_id and workflow_id = @workflow_id;

-- name: GetApprovalWorkflow :one
-- A workflow with its steps in their order.
select
  sqlc.embed(workflow),
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'position', s.position,
          'name', s.name,
          'approver_role', s.approver_role,
          'approver_ids', s.approver_ids,
          'required_approvals', s.required_approvals
        )
        order by s.position
      )
      from approval_workflow_steps s
      where s.workspace_id = @workspace_id and s.workflow_id = workflow.id
    ),
    '[]'
  ) as steps
from approval_workflows workflow
where workflow.workspace_id = @workspace_id and workflow.id = @id;

-- name: ListApprovalWorkflows :many
-- By name, each with how many steps it has.
-- @optional subject_kind
select w.id, w.slug, w.name, w.subject_kind, w.is_active, count(s.position) as step_count
from approval_workflows w
left join approval_workflow_steps s on s.workspace_id = w.workspace_id and s.workflow_id = w.id
where w.workspace_id = @workspace_id
  and w.subject_kind = @subject_kind
group by w.workspace_id, w.id
order by w.name, w.id
limit 1000;

-- name: SetApprovalWorkflowActive :execrows
-- Whether requests can be started; those under way go on.
update approval_workflows
set is_active = @is_active
where workspace_id = @workspace_id and id = @id;

-- name: CreateApprovalRequest :one
-- Starts a request with a copy of the workflow's steps. No row when the workflow is not active or has no
-- steps.
with new_request as (
  insert into approval_requests (
    workspace_id, workflow_id, subject_kind, subject_id, title, context, current_position, requested_by,
    temporal_workflow_id, expires_at
  )
  select
    w.workspace_id,
    w.id,
    w.subject_kind,
    @subject_id,
    @title,
    coalesce(sqlc.narg(context)::jsonb, '{}'),
    (
      select min(s.position)
      from approval_workflow_steps s
      where s.workspace_id = @workspace_id and s.workflow_id = w.id
    ),
    @requested_by,
    sqlc.narg(temporal_workflow_id),
    now() + w.expires_after
  from approval_workflows w
  where w.workspace_id = @workspace_id
    and w.id = @workflow_id
    and w.is_active
    and exists (
      select from approval_workflow_steps s where s.workspace_id = @workspace_id and s.workflow_id = w.id
    )
  returning *
), new_steps as (
  insert into approval_request_steps (
    workspace_id, request_id, position, name, approver_role, approver_ids, required_approvals
  )
  select @workspace_id, r.id, s.position, s.name, s.approver_role, s.approver_ids, s.required_approvals
  from new_request r
  join approval_workflow_steps s on s.workspace_id = @workspace_id and s.workflow_id = r.workflow_id
  returning position
)
select r.id, r.workflow_id, r.subject_kind, r.subject_id, r.title, r.status, r.current_position, r.created_at,
  r.expires_at, (select count(*) from new_steps) as step_count
from new_request r;

-- name: RecordApprovalDecision :one
-- Writes down what a member decides at the step that is waiting. No row when the request no longer waits,
-- when it is not theirs to decide, when they may not sign in, when they asked for it themselves, or when they have decided
-- already. It locks the request: run AdvanceApprovalRequest after it in the same transaction.
insert into approval_decisions (workspace_id, request_id, step_position, decided_by, verdict, comment)
select r.workspace_id, r.id, s.position, m.user_id, @verdict, sqlc.narg(comment)
from approval_requests r
join approval_request_steps s
  on s.workspace_id = r.workspace_id and s.request_id = r.id and s.position = r.current_position
join workspace_members m on m.workspace_id = r.workspace_id and m.user_id = @decided_by
join live_users u on u.id = m.user_id
where r.workspace_id = @workspace_id
  and r.id = @request_id
  and r.status = 'pending'
  and (r.expires_at is null or r.expires_at > now())
  and r.requested_by <> m.user_id
  and case when s.approver_ids = '{}' then m.role >= s.approver_role else m.user_id = any(s.approver_ids) end
for update of r
on conflict (workspace_id, request_id, step_position, decided_by) do nothing
returning *;

-- name: AdvanceApprovalRequest :one
-- Counts the decisions of the step that is waiting. One rejection ends the request; enough approvals lead to
-- the next step or, after the last, approve it. No row when it no longer waits, or waits at another step by now.
with tally as (
  select
    r.workspace_id,
    r.id,
    r.current_position,
    s.required_approvals,
    count(d.id) filter (where d.verdict = 'approved') as approvals,
    count(d.id) filter (where d.verdict = 'rejected') as rejections,
    (
      select min(n.position)
      from approval_request_steps n
      where n.workspace_id = @workspace_id and n.request_id = r.id and n.position > r.current_position
    ) as next_position
  from approval_requests r
  join approval_request_steps s
    on s.workspace_id = r.workspace_id and s.request_id = r.id and s.position = r.current_position
  left join approval_decisions d
    on d.workspace_id = r.workspace_id and d.request_id = r.id and d.step_position = s.position
  where r.workspace_id = @workspace_id and r.id = @request_id and r.status = 'pending'
  group by r.workspace_id, r.id, r.current_position, s.required_approvals
), outcome as (
  select
    t.*,
    case
      when t.rejections > 0 then 'rejected'
      when t.approvals >= t.required_approvals and t.next_position is null then 'approved'
      else 'pending'
    end::approval_status as new_status,
    now() as at
  from tally t
)
update approval_requests r
set
  status = o.new_status,
  completed_at = case when o.new_status <> 'pending' then o.at end,
  current_position = case
    when o.new_status = 'pending' and o.approvals >= o.required_approvals then o.next_position
    else r.current_position
  end
from outcome o
where r.workspace_id = @workspace_id
  and r.id = o.id
  and r.status = 'pending'
  and r.current_position = o.current_position
returning r.id, r.status, r.current_position, r.completed_at, r.temporal_workflow_id, o.approvals,
  o.required_approvals;

-- name: GetApprovalRequest :one
-- A request with the names of its workflow and of who asked.
select sqlc.embed(request), w.name as workflow_name, p.display_name as requested_by_name
from approval_requests request
join approval_workflows w on w.workspace_id = request.workspace_id and w.id = request.workflow_id
left join user_profiles p on p.user_id = request.requested_by
where request.workspace_id = @workspace_id and request.id = @id;

-- name: GetApprovalRequestTree :one
-- The request with its steps, and in each step who decided what: all that its page shows.
select
  r.id,
  r.title,
  r.status,
  r.current_position,
  r.created_at,
  r.completed_at,
  (
    select jsonb_agg(
      jsonb_build_object(
        'position', s.position,
        'name', s.name,
        'required_approvals', s.required_approvals,
        'decisions', coalesce(decisions.list, '[]')
      )
      order by s.position
    )
    from approval_request_steps s
    left join lateral (
      select jsonb_agg(
        jsonb_build_object(
          'decided_by', d.decided_by,
          'name', p.display_name,
          'verdict', d.verdict,
          'comment', d.comment,
          'decided_at', d.decided_at
        )
        order by d.decided_at
      ) as list
      from approval_decisions d
      left join user_profiles p on p.user_id = d.decided_by
      where d.workspace_id = @workspace_id and d.request_id = s.request_id and d.step_position = s.position
    ) decisions on true
    where s.workspace_id = @workspace_id and s.request_id = r.id
  ) as steps
from approval_requests r
where r.workspace_id = @workspace_id and r.id = @id;

-- name: ListApprovalRequests :many
-- Requests of the given statuses, or of all, newest first.
-- @optional statuses
-- @keyset
select r.id, r.title, r.subject_kind, r.subject_id, r.status, r.created_at, r.completed_at,
  p.display_name as requested_by_name
from approval_requests r
left join user_profiles p on p.user_id = r.requested_by
where r.workspace_id = @workspace_id
  and r.status = any(@statuses::approval_status[])
order by r.created_at desc, r.id desc
limit @page_size;

-- name: ListApprovalsAwaitingUser :many
-- A member's inbox: the requests that wait for a decision of theirs, those that expire soon first.
select r.id, r.title, r.subject_kind, r.subject_id, s.name as step_name, r.created_at, r.expires_at
from approval_requests r
join approval_request_steps s
  on s.workspace_id = r.workspace_id and s.request_id = r.id and s.position = r.current_position
join workspace_members m on m.workspace_id = r.workspace_id and m.user_id = @user_id
left join approval_decisions d
  on d.workspace_id = r.workspace_id
  and d.request_id = r.id
  and d.step_position = s.position
  and d.decided_by = m.user_id
where r.workspace_id = @workspace_id
  and r.status = 'pending'
  and (r.expires_at is null or r.expires_at > now())
  and r.requested_by <> m.user_id
  and d.id is null
  and case when s.approver_ids = '{}' then m.role >= s.approver_role else m.user_id = any(s.approver_ids) end
order by r.expires_at nulls last, r.created_at
limit 1000;

-- name: ListApprovalDecisions :many
-- Who decided what, step by step.
select d.step_position, d.verdict, d.comment, d.decided_at, d.decided_by, p.display_name as decided_by_name
from approval_decisions d
left join user_profiles p on p.user_id = d.decided_by
where d.workspace_id = @workspace_id and d.request_id = @request_id
order by d.step_position, d.decided_at
limit 1000;

-- name: CancelApprovalRequest :execrows
-- Only the one who asked can take it back.
update approval_requests
set status = 'cancelled', completed_at = now()
where workspace_id = @workspace_id and id = @id and requested_by = @requested_by and status = 'pending';

-- name: ExpireApprovalRequests :many
-- For the scheduler, which works across tenants: ends what nobody decided in time.
-- @role solitude_worker
with expired as (
  select r.workspace_id, r.id
  from approval_requests r
  where r.status = 'pending' and r.expires_at <= now()
  order by r.expires_at
  limit @batch_size
)
update approval_requests r
set status = 'expired', completed_at = now()
from expired e
where r.workspace_id = e.workspace_id and r.id = e.id and r.status = 'pending'
returning r.workspace_id, r.id, r.temporal_workflow_id;

-- name: GetApprovalDurations :many
-- How long decisions take in each workflow: what the process report shows.
select
  w.id as workflow_id,
  w.name,
  count(r.id) as completed_requests,
  count(r.id) filter (where r.status = 'approved') as approved_requests,
  avg(r.completed_at - r.created_at) as average_duration,
  percentile_cont(0.9) within group (order by r.completed_at - r.created_at) as ninetieth_percentile
from approval_workflows w
left join approval_requests r
  on r.workspace_id = w.workspace_id
  and r.workflow_id = w.id
  and r.completed_at >= @since
where w.workspace_id = @workspace_id
group by w.workspace_id, w.id
order by w.name
limit 1000;
