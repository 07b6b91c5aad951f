-- After the migrations, as solitude_admin: the services' sign-in gets the application's rights.
grant solitude_app to solitude_service;
-- The sign-in of what works across tenants is another one: no login has both roles.
grant solitude_worker to solitude_worker_service;
-- A stack from before there was one has no sign-in for it: begin anew, or make it (postgres/main.sql).
do $$
begin
  if exists (select from pg_roles where rolname = 'solitude_maintenance') then
    grant solitude_ops to solitude_maintenance;
  end if;
end
$$;
