-- role-settings

alter role diff_reader reset work_mem;
alter role diff_reader set app.tenant = 'a=b';
alter role diff_reader set search_path = app, "$user", public;
alter role diff_reader set statement_timeout = '10s';

alter role diff_writer set default_transaction_read_only = 'on';

create schema app;
