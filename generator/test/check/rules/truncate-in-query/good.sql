create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: ForgetUsers :exec
delete from users where email = @email;
