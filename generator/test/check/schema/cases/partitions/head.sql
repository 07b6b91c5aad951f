create table p (id bigint not null, at date not null, note text default 'x', extra int, primary key (id, at)) partition by range (at);
create table p1 partition of p for values from ('2026-01-01') to ('2026-01-15');
create table p2 (id bigint not null, at date not null, note text, extra int);
create table p3 partition of p for values from ('2026-03-01') to ('2026-04-01');
create table p4 partition of p default;
create index p_note on p (note);
create table l (k text, v int) partition by list (k);
create table l1 partition of l for values in ('a', 'b') partition by hash (v);
create table l1a partition of l1 for values with (modulus 2, remainder 0);
