create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  closed_reason text
);

-- name: CloseSession :exec
update sessions set closed_reason = @reason where id = @id and user_id = @user_id;
