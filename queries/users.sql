-- name: CreateUser :one
-- A new user, pending until the e-mail address is verified.
insert into users (email)
values (lower(@email))
returning *;

-- name: CreateUserProfile :one
-- What others see of a user; English and UTC unless it is said.
insert into user_profiles (user_id, display_name, locale, time_zone)
values (@user_id, @display_name, coalesce(sqlc.narg(locale), 'en'), coalesce(sqlc.narg(time_zone), 'UTC'))
returning *;

-- name: SignUpUser :one
-- The user, the profile and the password in one statement: either all of them exist afterwards or none.
with new_user as (
  insert into users (email)
  values (lower(@email))
  returning id, email, status, created_at
), new_profile as (
  insert into user_profiles (user_id, display_name)
  select id, @display_name from new_user
  returning user_id, display_name
), new_credential as (
  insert into credentials (user_id, kind, secret_hash)
  select id, 'password', @secret_hash from new_user
  returning id, user_id
)
select u.id, u.email, u.status, p.display_name, c.id as credential_id, u.created_at
from new_user u
join new_profile p on p.user_id = u.id
join new_credential c on c.user_id = u.id;

-- name: UpsertUserByEmail :one
-- For directory synchronisation: creates the user, or says which one it is. An account that was still pending becomes
-- the directory's: whoever made it keeps no way to sign in.
-- Where nothing changes the update is there because "do nothing" would return no row.
insert into users (email, status, email_verified_at, email_verified_through)
values (lower(@email), 'active', now(), 'directory')
on conflict (email) where deleted_at is null
do update set
  email_verified_at = coalesce(users.email_verified_at, excluded.email_verified_at),
  email_verified_through = case
    when users.status = 'pending' then 'directory' else users.email_verified_through end,
  status = case when users.status = 'pending' then 'active'::user_status else users.status end
returning id, email, status, (xmax = 0) as is_new;

-- name: GetUser :one
-- A user by id, unless deleted.
select * from users
where id = $1 and deleted_at is null;

-- name: GetUserByEmail :one
-- A user by address, unless deleted.
select * from users
where email = lower(@email) and deleted_at is null;

-- name: GetUserWithProfile :one
-- The profile is null for users that directory synchronisation created and who have not signed in yet.
select sqlc.embed(person), sqlc.embed(profile)
from users person
left join user_profiles profile on profile.user_id = person.id
where person.id = @id and person.deleted_at is null;

-- name: ListUsersByIds :many
-- Names and pictures for a page that shows many people, for example the authors of reviews.
select u.id, p.display_name, p.avatar_url, p.headline
from users u
join user_profiles p on p.user_id = u.id
where u.id = any(sqlc.slice(ids))
limit 1000;

-- name: ListUsers :many
-- For the platform's administrators, newest first.
-- solitude-gen-ignore filter-without-index the index of the order is read until the page is full
-- @optional status
-- @keyset
select u.id, u.email, u.status, u.email_verified_at, u.last_seen_at, u.created_at, p.display_name
from users u
left join user_profiles p on p.user_id = u.id
where u.status = @status
order by u.created_at desc, u.id desc
limit @page_size;

-- name: SearchUsersByName :many
-- Finds people as a name is being typed. The caller escapes % and _ in the prefix.
select u.id, p.display_name, p.avatar_url
from user_profiles p
join users u on u.id = p.user_id
where p.search_name like lower(@prefix) || '%'
  and u.status = 'active'
order by p.search_name, u.id
limit @max_results;

-- name: VerifyUserEmail :one
-- The address is theirs: a link that was sent to it was followed.
update users
set email_verified_at = now(), email_verified_through = 'link',
  status = case when status = 'pending' then 'active' else status end
where id = @id and deleted_at is null
returning *;

-- name: ChangeUserEmail :one
-- To the address that a link of UseUserToken confirmed.
update users
set email = lower(@new_email), email_verified_at = now(), email_verified_through = 'link'
where id = @id and deleted_at is null
returning id, email, email_verified_at;

-- name: UpdateUserProfile :one
-- Changes what is given and leaves the rest; null takes away.
-- @optional display_name, headline, bio, avatar_url, locale, time_zone, links
update user_profiles
set
  display_name = @display_name,
  headline = @headline,
  bio = @bio,
  avatar_url = @avatar_url,
  locale = @locale,
  time_zone = @time_zone,
  links = @links
where user_id = @user_id
returning *;

-- name: MergeUserPreferences :one
-- Sets the given keys and keeps the others.
update user_profiles
set preferences = preferences || @preferences::jsonb
where user_id = @user_id
returning preferences;

-- name: SetUserStatus :execrows
-- Suspends a user, or lets them in again: as pending where their address was never verified. Changes no row where the
-- status is that already.
update users
set status = case
  when @status::user_status = 'active' and email_verified_at is null then 'pending'::user_status
  else @status::user_status
end
where id = @id
  and deleted_at is null
  and @status::user_status <> 'deleted'
  and status <> @status::user_status
  and (status = 'suspended' or @status::user_status = 'suspended');

-- name: TouchUsersLastSeen :batchexec
-- Sent in one batch for everyone who was active in the last minute.
update users
set last_seen_at = @seen_at
where id = @id and (last_seen_at is null or last_seen_at < @seen_at);

-- name: DeleteUser :one
-- Takes away everything that says who it was, in the trail too, and every membership. The row stays, because audit logs and reviews point
-- at it. Fails when a workspace would be left without an owner.
update users
set
  status = 'deleted',
  deleted_at = now(),
  email = 'deleted+' || id::text || '@users.invalid',
  email_verified_at = null
where id = @id and deleted_at is null
returning id, deleted_at;

-- name: CountSignUpsByDay :many
-- Sign-ups of each day, with days that had none, and the total so far.
select
  day::date as day,
  count(u.id) as sign_ups,
  count(u.id) filter (where u.email_verified_at is not null) as verified,
  sum(count(u.id)) over (order by day) as running_total
from generate_series(@first_day::date, @last_day::date, interval '1 day') as day
left join users u on u.created_at >= day and u.created_at < day + interval '1 day'
group by day
order by day
limit 1000;
