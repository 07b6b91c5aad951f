-- name: AddWorkspaceMember :one
-- Adds someone without an invitation, as directory synchronisation does. An existing member gets the role.
insert into workspace_members (workspace_id, user_id, role, invited_by)
values (@workspace_id, @user_id, @role, sqlc.narg(invited_by))
on conflict (workspace_id, user_id) do update set role = excluded.role
returning *;

-- name: GetWorkspaceMember :one
-- What a user is in the workspace.
select * from workspace_members
where workspace_id = @workspace_id and user_id = @user_id;

-- name: ListWorkspaceMembers :many
-- The directory page: owners first, then by name.
select * from workspace_directory
where workspace_id = @workspace_id
order by role desc, display_name, user_id
limit 1000;

-- name: ListMemberEmailsByRole :many
-- Who is written to when something needs, for example, an administrator.
select u.id as user_id, u.email
from workspace_members m
join users u on u.id = m.user_id
where m.workspace_id = @workspace_id and m.role >= @least_role and u.status = 'active'
order by u.email
limit 1000;

-- name: MemberHasPermission :one
-- Run on every change that a member makes. False for the suspended, and in an archived workspace. No row for someone
-- who is no member.
select u.id is not null
  and w.id is not null
  and @permission::text = any(built_in_permissions(m.role) || coalesce(r.permissions, '{}')) as is_allowed
from workspace_members m
left join workspace_roles r
  on r.workspace_id = @workspace_id and r.workspace_id = m.workspace_id and r.id = m.custom_role_id
left join live_users u on u.id = m.user_id
left join live_workspaces w on w.id = @workspace_id and w.id = m.workspace_id
where m.workspace_id = @workspace_id and m.user_id = @user_id;

-- name: ChangeMemberRole :one
-- Gives a member another role; without a custom one, none.
update workspace_members
set role = @role, custom_role_id = sqlc.narg(custom_role_id)
where workspace_id = @workspace_id and user_id = @user_id
returning *;

-- name: TransferWorkspaceOwnership :execrows
-- Changes two rows, or none when either of them is not what it should be: the new owner is a member who can sign in.
update workspace_members m
set role = case when m.user_id = @new_owner_id then 'owner'::workspace_role else 'admin'::workspace_role end
where m.workspace_id = @workspace_id
  and m.user_id in (@old_owner_id, @new_owner_id)
  and @old_owner_id::uuid <> @new_owner_id::uuid
  and 2 = (
    select count(*)
    from workspace_members both_members
    join users u on u.id = both_members.user_id
    where both_members.workspace_id = @workspace_id
      and (
        both_members.user_id = @new_owner_id and u.status = 'active'
        or both_members.user_id = @old_owner_id and both_members.role = 'owner'
      )
  );

-- name: RemoveWorkspaceMember :execrows
-- Fails at the end of the transaction when the workspace would be left without an owner.
delete from workspace_members
where workspace_id = @workspace_id and user_id = @user_id;

-- name: SynchroniseWorkspaceMembers :exec
-- Makes the members what the customer's directory says: adds, changes and removes. Owners are left alone, so
-- that a mistake in the directory locks nobody out.
with wanted as (
  select d.user_id, d.role
  from json_to_recordset(@members::json) as d (user_id uuid, role workspace_role)
  where d.role is not null
), made as (
  insert into workspace_members as m (workspace_id, user_id, role)
  select @workspace_id::uuid, w.user_id, w.role from wanted w
  on conflict (workspace_id, user_id)
  do update set role = excluded.role where m.role not in ('owner', excluded.role)
)
delete from workspace_members m
where m.workspace_id = @workspace_id and m.role <> 'owner'
  and not exists (select from wanted w where w.user_id = m.user_id);

-- name: CreateWorkspaceRole :one
-- A role that adds permissions to those of a member's built-in one.
insert into workspace_roles (workspace_id, name, description, permissions)
values (@workspace_id, @name, sqlc.narg(description), @permissions)
returning *;

-- name: ListWorkspaceRoles :many
-- By name, each with how many members have it.
select sqlc.embed(role), count(m.user_id) as member_count
from workspace_roles role
left join workspace_members m on m.workspace_id = role.workspace_id and m.custom_role_id = role.id
where role.workspace_id = @workspace_id
group by role.workspace_id, role.id
order by role.name
limit 1000;

-- name: UpdateWorkspaceRole :one
-- Changes what is given and leaves the rest; null takes the description away.
-- @optional name, description, permissions
update workspace_roles
set name = @name, description = @description, permissions = @permissions
where workspace_id = @workspace_id and id = @id
returning *;

-- name: DeleteWorkspaceRole :execrows
-- Its members keep their built-in role.
delete from workspace_roles
where workspace_id = @workspace_id and id = @id;
