create type color as enum ('red', 'blue');
create table log (id int not null, at date not null, note text, primary key (id, at)) partition by range (at);
create table log_1 partition of log for values from ('2024-01-01') to ('2024-02-01');
create table log_2 partition of log for values from ('2024-02-01') to ('2024-03-01');
