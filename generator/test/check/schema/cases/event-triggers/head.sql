create function note() returns event_trigger language plpgsql as 'begin end';
create event trigger kept on sql_drop when tag in ('DROP INDEX') execute function note();
alter event trigger kept enable replica;
