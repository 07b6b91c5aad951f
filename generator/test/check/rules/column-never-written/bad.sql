create table jobs (
  id bigint generated always as identity primary key,
  payload text not null,
  max_attempts int not null default 3
);

-- name: QueueJob :exec
insert into jobs (payload) values (@payload);

-- name: JobAttempts :one
select payload, max_attempts from jobs where id = @id;
