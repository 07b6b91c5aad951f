create type kind as enum ('a', 'b');
create type pair as (a int, b text, c kind, d kind);
