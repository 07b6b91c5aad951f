-- file: 1_before.sql
create domain email_address as text;
create table users (email email_address);

-- file: 2_change.sql
alter domain email_address add check (length(value) < 300);
