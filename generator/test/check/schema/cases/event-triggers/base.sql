create function note() returns event_trigger language plpgsql as 'begin end';
create event trigger gone on ddl_command_end execute function note();
create event trigger kept on sql_drop when tag in ('DROP INDEX') execute function note();
alter event trigger gone disable;
alter event trigger kept disable;
