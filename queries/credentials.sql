-- name: CreatePasswordCredential :one
-- A password for a user who has none.
insert into credentials (user_id, kind, secret_hash)
values (@user_id, 'password', @secret_hash)
returning id, user_id, kind, created_at;

-- name: CreateRecoveryCodes :copyfrom
-- The caller gives 'recovery_code' as the kind.
insert into credentials (user_id, kind, secret_hash) values ($1, $2, $3);

-- name: RegisterWebauthnCredential :one
-- A passkey, with the key that its signatures are checked with.
insert into credentials (user_id, kind, subject, public_key, sign_count)
values (@user_id, 'webauthn', @subject, @public_key, @sign_count)
returning id, user_id, kind, subject, created_at;

-- name: LinkOauthCredential :one
-- Linking again is harmless. Linking an account that another user has linked gives no row.
insert into credentials (user_id, kind, issuer, subject, last_used_at)
values (@user_id, 'oauth', @issuer, @subject, now())
on conflict (kind, issuer, subject) where subject is not null and revoked_at is null
do update set last_used_at = excluded.last_used_at
where credentials.user_id = excluded.user_id
returning id, user_id, issuer, subject, created_at;

-- name: GetPasswordForSignIn :one
-- What a sign-in needs to check the password. Users who may not sign in are not found.
select c.id as credential_id, c.secret_hash, c.failed_attempts, c.locked_until, sqlc.embed(person)
from credentials c
join users person on person.id = c.user_id
join live_users l on l.id = person.id
where person.email = lower(@email)
  and person.deleted_at is null
  and c.kind = 'password'
  and c.revoked_at is null;

-- name: GetOauthCredential :one
-- Whose account of an identity provider this is. Users who may not sign in are not found.
select c.id as credential_id, sqlc.embed(person)
from credentials c
join users person on person.id = c.user_id
join live_users l on l.id = person.id
where c.kind = 'oauth'
  and c.issuer = @issuer
  and c.subject = @subject
  and c.revoked_at is null;

-- name: ListCredentials :many
-- For the security page: what there is, without the hashes.
select id, kind, issuer, subject, last_used_at, created_at
from credentials
where user_id = @user_id and revoked_at is null
order by kind, created_at
limit 1000;

-- name: RecordFailedSignIn :one
-- Locks the credential for longer with each failure from the fifth on, up to an hour.
with failed as (
  select
    c.id,
    case
      when c.failed_attempts + 1 >= 5
      then now() + least(interval '1 hour', interval '1 minute' * (c.failed_attempts - 3))
    end as end_at
  from credentials c
  where c.id = @id
  for update
)
update credentials c
set failed_attempts = c.failed_attempts + 1, locked_until = f.end_at
from failed f
where c.id = f.id
returning c.failed_attempts, c.locked_until;

-- name: RecordSuccessfulSignIn :exec
-- Ends the count of failures and notes the time.
update credentials
set failed_attempts = 0, locked_until = null, last_used_at = now()
where id = @id;

-- name: AdvanceWebauthnCounter :execrows
-- Changes no row when the counter did not rise, which means that the authenticator was cloned. Authenticators without a
-- counter always say 0.
update credentials
set sign_count = @sign_count, last_used_at = now()
where id = @id
  and kind = 'webauthn'
  and revoked_at is null
  and (sign_count < @sign_count or sign_count = 0 and @sign_count::bigint = 0);

-- name: ChangePassword :one
-- The new password takes effect and every other session ends.
with changed as (
  update credentials
  set secret_hash = @secret_hash, failed_attempts = 0, locked_until = null
  where user_id = @user_id and kind = 'password' and revoked_at is null
  returning id, user_id
), ended as (
  update sessions s
  set revoked_at = now(), revoked_reason = 'password_changed'
  from changed c
  where s.user_id = c.user_id
    and s.revoked_at is null
    and s.id is distinct from sqlc.narg(current_session_id)::uuid
  returning s.id
)
select c.id as credential_id, (select count(*) from ended) as ended_sessions
from changed c;

-- name: RevokeCredential :execrows
-- Refuses to take away the last way in; where the other one goes at the same moment, at the end of the transaction
-- (credentials_last_check).
update credentials c
set revoked_at = now()
where c.id = @id
  and c.user_id = @user_id
  and c.revoked_at is null
  and exists (
    select from credentials other
    where other.user_id = c.user_id
      and other.id <> c.id
      and other.kind <> 'recovery_code'
      and other.revoked_at is null
  );

-- name: CreateUserToken :exec
-- A link of this purpose; those sent earlier stop working. Of a change_email, give the address that it confirms.
with earlier as (
  delete from user_tokens t
  where t.user_id = @user_id and t.purpose = @purpose and t.used_at is null
)
insert into user_tokens (token_hash, user_id, purpose, expires_at, email, security_version)
select @token_hash, u.id, @purpose, now() + @valid_for::interval, coalesce(lower(sqlc.narg(new_email)), u.email),
  u.security_version
from users u
where u.id = @user_id and u.id in (select l.id from live_users l);

-- name: UseUserToken :one
-- Works once: of two who try at the same time, one gets no row. Nor does a link work that was sent before the password,
-- the address or the status changed. `email` is the address that it is about.
update user_tokens t
set used_at = now()
from users u
where t.token_hash = @token_hash and t.purpose = @purpose and t.used_at is null and t.expires_at > now()
  and u.id = t.user_id and u.id in (select l.id from live_users l)
  and (t.purpose = 'change_email' or coalesce(t.email, u.email) = u.email)
  and (t.purpose = 'verify_email' or coalesce(t.security_version, u.security_version) = u.security_version)
returning t.user_id, t.email;

-- name: DeleteExpiredUserTokens :execrows
-- Links that were used, or can no longer be. Deletes in portions; run it again until it deletes none.
delete from user_tokens
where token_hash in (
  select token_hash from user_tokens
  where expires_at < now() - interval '1 day'
  limit @batch_size
);

-- name: GetWebauthnCredential :one
-- What a sign-in with a passkey checks the signature with: the authenticator says which credential it has. Users who may
-- not sign in are not found.
-- solitude-gen-ignore one-may-return-many credentials_subject_key counts nulls as equal
select c.id as credential_id, c.user_id, c.public_key, c.sign_count, u.status
from credentials c
join live_users u on u.id = c.user_id
where c.kind = 'webauthn' and c.issuer is null and c.subject = @subject and c.revoked_at is null;

-- name: ListWebauthnCredentials :many
-- Which authenticators a user has, to ask for one of them.
select c.id as credential_id, c.subject
from credentials c
join live_users u on u.id = c.user_id
where c.user_id = @user_id and c.kind = 'webauthn' and c.revoked_at is null
order by c.created_at
limit 50;

-- name: ListRecoveryCodes :many
-- The hashes of the codes that are left, to hold a code against that was typed in. The one that fits is then used by
-- UseRecoveryCode.
select c.id as credential_id, c.secret_hash
from credentials c
join live_users u on u.id = c.user_id
where c.user_id = @user_id and c.kind = 'recovery_code' and c.revoked_at is null
order by c.created_at
limit 50;

-- name: UseRecoveryCode :execrows
-- Works once: of two who use the same code at the same time, one changes no row.
update credentials
set revoked_at = now(), last_used_at = now()
where id = @id and user_id = @user_id and kind = 'recovery_code' and revoked_at is null;

-- name: DeleteRecoveryCodes :execrows
-- Before CreateRecoveryCodes, in the same transaction: a new set replaces the old one.
delete from credentials
where user_id = @user_id and kind = 'recovery_code';

-- name: CreateSignInChallenge :exec
-- What an authenticator is asked to sign; without a user it is to say who it is.
insert into sign_in_challenges (challenge_hash, user_id, purpose, expires_at)
values (@challenge_hash, sqlc.narg(user_id), @purpose, now() + @valid_for::interval);

-- name: UseSignInChallenge :one
-- Works once: of two answers to the same challenge, one gets no row.
delete from sign_in_challenges
where challenge_hash = @challenge_hash and purpose = @purpose and expires_at > now()
returning user_id, created_at;

-- name: DeleteExpiredSignInChallenges :execrows
-- Deletes in portions; run it again until it deletes none.
delete from sign_in_challenges
where challenge_hash in (
  select challenge_hash from sign_in_challenges
  where expires_at < now()
  limit @batch_size
);
