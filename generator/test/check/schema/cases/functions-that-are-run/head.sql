create function z_inner(int) returns int language plpgsql immutable as 'begin return $1; end';
create function a_outer(int) returns int language sql immutable as 'select z_inner($1)';
create domain small as int constraint positive check (value > a_outer(0));
create table t (id int, given int default a_outer(2), computed int generated always as (a_outer(id)) stored);
