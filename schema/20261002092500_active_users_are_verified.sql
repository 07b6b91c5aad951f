-- migrate:up

alter table users add constraint users_active_check
  check (status <> 'active' or email_verified_at is not null) not valid;

-- migrate:down

alter table users drop constraint users_active_check;
