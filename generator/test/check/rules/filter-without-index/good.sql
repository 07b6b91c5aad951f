create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create index on users (lower(name));

-- name: ListUsersByName :many
select id, email from users where lower(name) = lower(@name);

-- name: ListUsers :many
select id, email from users where @name::text is null or name = @name;

-- name: ListUsersInAnyOtherSpelling :many
select id, email from users
where (not @only_named::boolean or name is not null)
  and case when @kind::text = 'named' then name is not null else true end
  and (cardinality(@names::text[]) = 0 or name = any (@names))
  and name = coalesce(sqlc.narg('exact_name'), name);
