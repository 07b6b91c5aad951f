-- After the migrations, as solitude_admin: the services' sign-in gets the application's rights.
grant solitude_app to solitude_service;
-- The sign-in of what works across tenants is another one: no login has both roles.
grant solitude_worker to solitude_worker_service;
