-- A place without a person counted for nobody, and goes on doing so as the nil UUID.

-- migrate:up

set local lock_timeout = '5s';
update approval_workflow_steps set approver_ids = array_replace(approver_ids, null, '00000000-0000-0000-0000-000000000000')
where array_position(approver_ids, null) is not null;
update approval_request_steps set approver_ids = array_replace(approver_ids, null, '00000000-0000-0000-0000-000000000000')
where array_position(approver_ids, null) is not null;
alter table approval_workflow_steps validate constraint approval_workflow_steps_approvers_check;
alter table approval_request_steps validate constraint approval_request_steps_approvers_check;

-- migrate:down
