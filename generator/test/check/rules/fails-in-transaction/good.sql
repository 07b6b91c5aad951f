-- file: 1_before.sql
create type color as enum ('grey');
create table paints (color color);

-- file: 2_change.sql
-- migrate:up
alter type color add value 'gray';

-- file: 3_rows.sql
-- migrate:up
update paints set color = 'gray' where color = 'grey';
