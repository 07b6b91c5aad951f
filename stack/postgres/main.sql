-- The main server, once, as its superuser: who may sign in, and the platform's database.
-- stack.secrets is a setting of the server: the folder with the passwords.

do $$
declare
  secrets text := current_setting('stack.secrets');
begin
  -- Owns the schema and runs the migrations, which create roles that cannot sign in.
  execute format('create role solitude_admin login createrole nosuperuser nocreatedb password %L',
    pg_read_file(secrets || '/solitude_admin.password'));
  -- What the services sign in as; the migrations' solitude_app, of which it becomes a member, says what it may do.
  execute format('create role solitude_service login nosuperuser nocreatedb nocreaterole password %L',
    pg_read_file(secrets || '/solitude_service.password'));
  -- The same for workers and schedulers, who work across tenants: a member of the migrations' solitude_worker.
  execute format('create role solitude_worker_service login nosuperuser nocreatedb nocreaterole password %L',
    pg_read_file(secrets || '/solitude_worker_service.password'));
  -- Runs the maintenance, as a member of the migrations' solitude_ops.
  execute format('create role solitude_maintenance login nosuperuser nocreatedb nocreaterole connection limit 4 password %L',
    pg_read_file(secrets || '/solitude_maintenance.password'));
  -- Copies the data directory, and can read no table.
  execute format('create role solitude_backup login replication nosuperuser nocreatedb nocreaterole connection limit 4 password %L',
    pg_read_file(secrets || '/solitude_backup.password'));
end
$$;
-- Nobody holds locks for long, nor all connections.
alter role solitude_admin connection limit 10;
alter role solitude_admin set idle_in_transaction_session_timeout = '10min';
alter role solitude_service connection limit 60;
alter role solitude_service set statement_timeout = '30s';
alter role solitude_service set lock_timeout = '10s';
alter role solitude_service set idle_in_transaction_session_timeout = '60s';
alter role solitude_worker_service connection limit 20;
alter role solitude_worker_service set statement_timeout = '5min';
alter role solitude_worker_service set lock_timeout = '10s';
alter role solitude_worker_service set idle_in_transaction_session_timeout = '60s';
alter role solitude_maintenance set statement_timeout = '30min';
alter role solitude_maintenance set lock_timeout = '10s';
alter role solitude_maintenance set idle_in_transaction_session_timeout = '60s';

create database solitude owner solitude_admin encoding 'UTF8' template template0;
revoke all on database solitude from public;
revoke all on database postgres from public;
revoke all on database template1 from public;
grant connect on database solitude to solitude_service, solitude_worker_service, solitude_maintenance;
