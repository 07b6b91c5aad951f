-- event-triggers

drop event trigger gone;

alter event trigger kept enable replica;
