-- file: 1_before.sql
create type color as enum ('grey');

-- file: 2_change.sql
alter type color rename value 'grey' to 'gray';
