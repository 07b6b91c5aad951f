-- vet: { rules: { column-never-read: { severity: warning, except: ["sessions.note"] } } }
create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  closed_reason text,
  origin text,
  note text
);
create view session_origins as select id, origin from sessions;

-- name: CloseSession :exec
update sessions set closed_reason = @reason, note = @note where id = @id and user_id = @user_id;

-- name: ClosedFor :one
select closed_reason from sessions where id = @id;

-- name: OpenSession :exec
insert into sessions (user_id, origin) values (@user_id, @origin);
