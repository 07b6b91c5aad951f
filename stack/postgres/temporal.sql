-- Temporal's server, once, as its superuser. It is a server of its own, so that neither it nor the main one starves the
-- other; here nobody of the main one can sign in. stack.secrets is a setting of the server: the folder with the passwords.

do $$
declare
  secrets text := current_setting('stack.secrets');
begin
  -- Owns Temporal's databases and applies its schema.
  execute format('create role temporal_admin login nosuperuser nocreatedb nocreaterole password %L',
    pg_read_file(secrets || '/temporal_admin.password'));
  -- What the Temporal server signs in as.
  execute format('create role temporal login nosuperuser nocreatedb nocreaterole connection limit 80 password %L',
    pg_read_file(secrets || '/temporal.password'));
end
$$;
-- Nobody holds locks for long, nor all connections.
alter role temporal set statement_timeout = '60s';
alter role temporal set idle_in_transaction_session_timeout = '60s';
alter role temporal_admin connection limit 10;
alter role temporal_admin set idle_in_transaction_session_timeout = '10min';

create database temporal owner temporal_admin encoding 'UTF8' template template0;
create database temporal_visibility owner temporal_admin encoding 'UTF8' template template0;
revoke all on database temporal, temporal_visibility, postgres, template1 from public;
grant connect on database temporal, temporal_visibility to temporal;

\connect temporal
revoke create on schema public from public;
grant create on schema public to temporal_admin;
alter default privileges for role temporal_admin grant select, insert, update, delete on tables to temporal;
alter default privileges for role temporal_admin grant usage, select on sequences to temporal;

\connect temporal_visibility
revoke create on schema public from public;
grant create on schema public to temporal_admin;
alter default privileges for role temporal_admin grant select, insert, update, delete on tables to temporal;
alter default privileges for role temporal_admin grant usage, select on sequences to temporal;
-- Temporal's visibility schema creates it, and only a superuser may.
create extension if not exists btree_gin;
