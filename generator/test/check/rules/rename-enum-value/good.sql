-- file: 1_before.sql
create type color as enum ('grey');

-- file: 2_change.sql
alter type color add value 'gray';
