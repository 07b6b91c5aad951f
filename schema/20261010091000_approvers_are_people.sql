-- Who decides is somebody: no list of approvers has a place without a person.

-- migrate:up

set local lock_timeout = '5s';
alter table approval_workflow_steps add constraint approval_workflow_steps_approvers_check
  check (array_position(approver_ids, null) is null) not valid;
alter table approval_request_steps add constraint approval_request_steps_approvers_check
  check (array_position(approver_ids, null) is null) not valid;

-- migrate:down

alter table approval_request_steps drop constraint approval_request_steps_approvers_check;
alter table approval_workflow_steps drop constraint approval_workflow_steps_approvers_check;
