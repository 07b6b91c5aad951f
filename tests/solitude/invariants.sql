-- What always holds of Solitude's data, as queries that give no row. The column `at` says where it does not: the id of
-- a workspace, or of a user. A constraint, a trigger or the rights of schema/ enforce each of them: invariants.test.ts attacks it.

-- name: WorkspaceHasAnOwner
select w.id as at from workspaces w
where not exists (
  select from workspace_members m join users u on u.id = m.user_id
  where m.workspace_id = w.id and m.role = 'owner' and u.status <> 'deleted'
);

-- name: MembersHaveSeats
select w.id as at from workspaces w
where (select count(*) from workspace_members m where m.workspace_id = w.id) > w.seat_limit;

-- name: MembersAreNotDeleted
select m.workspace_id as at from workspace_members m join users u on u.id = m.user_id where u.status = 'deleted';

-- name: KeysOfDeletedUsersAreRevoked
select k.workspace_id as at from api_keys k join users u on u.id = k.created_by
where u.status = 'deleted' and k.revoked_at is null;

-- name: RevokingLeavesAWayToSignIn
select u.id as at from users u
where u.status <> 'deleted'
  and exists (select from credentials c where c.user_id = u.id and c.revoked_at is not null)
  and not exists (
    select from credentials c where c.user_id = u.id and c.revoked_at is null and c.kind <> 'recovery_code'
  );

-- name: CurrentVersionIsNoDraft
select a.workspace_id as at
from agents a join agent_versions v on v.workspace_id = a.workspace_id and v.id = a.current_version_id
where v.status = 'draft';

-- name: PublishingIsWhole
select v.workspace_id as at
from agent_versions v join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
where v.status = 'published' and a.current_version_id is null;

-- name: ArchivedAgentsAreNotOffered
select a.workspace_id as at
from agents a join listings l on l.publisher_workspace_id = a.workspace_id and l.agent_id = a.id
where a.archived_at is not null and l.status <> 'withdrawn';

-- name: PublishedListingsOfferPublishedVersions
select l.publisher_workspace_id as at
from listings l join agent_versions v on v.workspace_id = l.publisher_workspace_id and v.id = l.agent_version_id
where l.status = 'published' and v.status = 'draft';

-- name: DatasetsHoldFilesThatExist
select d.workspace_id as at
from dataset_version_files d join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
where f.status = 'deleted';

-- name: ReadyVersionsHoldWhatTheyHeld
select v.workspace_id as at
from dataset_versions v
left join dataset_version_files d on d.workspace_id = v.workspace_id and d.dataset_version_id = v.id
left join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
where v.status = 'ready'
group by v.workspace_id, v.id
having v.record_count <> coalesce(sum(d.record_count), 0) or v.size_bytes <> coalesce(sum(f.size_bytes), 0)
  or count(*) filter (where f.status = 'pending') > 0;

-- name: ApprovedRequestsHaveTheirApprovals
select r.workspace_id as at
from approval_requests r
join approval_request_steps s on s.workspace_id = r.workspace_id and s.request_id = r.id
where r.status = 'approved'
  and s.required_approvals > (
    select count(*) from approval_decisions d
    where d.workspace_id = s.workspace_id and d.request_id = s.request_id and d.step_position = s.position
      and d.verdict = 'approved'
  );

-- name: NoJobWaitsForWhatIsDecided
select j.workspace_id as at
from jobs j join approval_requests r on r.workspace_id = j.workspace_id and r.id = j.approval_request_id
where j.status = 'waiting_approval' and r.status <> 'pending';

-- name: NothingRunsBelowWhatIsCancelled
select j.workspace_id as at
from jobs j join jobs p on p.workspace_id = j.workspace_id and p.id = j.parent_job_id
where p.status = 'cancelled' and j.status in ('queued', 'running', 'waiting_approval');

-- name: ALeaseIsFinishedOnce
select j.workspace_id as at from jobs j where j.attempt > j.lease_number;

-- name: ConfigurationsCountTheirVersions
select c.workspace_id as at from configurations c
where c.latest_version <> (
  select count(*) from configuration_versions v
  where v.workspace_id = c.workspace_id and v.configuration_id = c.id
);

-- name: ActivitySchemasCountTheirVersions
select s.workspace_id as at from activity_schemas s
where s.latest_version <> (
  select count(*) from activity_schema_versions v
  where v.workspace_id = s.workspace_id and v.activity_schema_id = s.id
);

-- name: NothingLivesInArchivedWorkspaces
select w.id as at from workspaces w
where w.archived_at is not null and (
  exists (select from jobs j where j.workspace_id = w.id and j.status in ('queued', 'running', 'waiting_approval'))
  or exists (select from api_keys k where k.workspace_id = w.id and k.revoked_at is null)
  or exists (select from invitations i where i.workspace_id = w.id and i.accepted_at is null and i.revoked_at is null)
  or exists (select from approval_requests r where r.workspace_id = w.id and r.status = 'pending')
  or exists (select from listings l where l.publisher_workspace_id = w.id and l.status <> 'withdrawn')
);

-- name: NothingIsLeftOfDeletedUsers
select u.id as at from users u
where u.status = 'deleted' and (
  exists (select from sessions s where s.user_id = u.id)
  or exists (select from credentials c where c.user_id = u.id)
  or exists (select from user_tokens t where t.user_id = u.id)
  or exists (select from sign_in_challenges c where c.user_id = u.id)
  or exists (select from user_profiles p where p.user_id = u.id
    and (p.display_name, p.headline, p.bio, p.avatar_url, p.links, p.preferences)
      is distinct from ('Deleted user', null, null, null, '{}', '{}'))
  or exists (select from reviews r where r.author_id = u.id and (r.title is not null or r.body <> ''))
);
