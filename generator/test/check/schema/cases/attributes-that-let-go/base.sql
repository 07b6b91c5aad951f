create domain short as varchar(9);
create type pair as (a short, b varchar(4), c int);
