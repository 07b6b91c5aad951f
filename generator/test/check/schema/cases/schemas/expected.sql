-- schemas

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the table old.t and all of its rows
-- was old.t renamed to new.t? Then write `-- solitude-gen: renamed old.t to new.t` in a schema file
drop table old.t;

drop schema old;

create schema new;
comment on schema new is 'it''s new';

create table new.t (
  id integer
);
