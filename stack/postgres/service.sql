-- After the migrations, as solitude_admin: the services' sign-in gets the application's rights.
grant solitude_app to solitude_service;
