create type color as enum ('blue', 'red');
create table log (id int not null, at date not null) partition by range (at);
create table log_1 partition of log for values from ('2024-01-01') to ('2024-02-01');
create table log_2 (id int not null, at date not null, note text);
