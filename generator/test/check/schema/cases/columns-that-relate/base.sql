create type state as enum ('on', 'off');
create table players (id text primary key, mentor text references players, buddy text, state state,
  constraint nobody_is_both check (mentor <> buddy),
  unique (id, state));
create table backpacks (id int primary key, player text not null references players, giver text, state state,
  foreign key (player, state) references players (id, state) on delete cascade);
create index given on backpacks (id) where player = giver;
create index of_both on backpacks ((player = giver));
create index of_each on backpacks (player, giver);
create statistics equal on (player = giver), id from backpacks;
create table parts (id int, own text, other text references players, check (own < other)) partition by range (id);
create table parts_1 partition of parts for values from (1) to (10);
alter table parts_1 add constraint part_apart check (own <> other);
create view pairs as select p.id, b.id as pack from players p join backpacks b on b.player = p.id;
