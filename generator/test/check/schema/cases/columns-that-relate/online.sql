-- columns-that-relate
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = 0;
drop index concurrently public.given;

drop index concurrently public.of_both;

drop index concurrently public.of_each;

set lock_timeout = '5s';
begin;
alter table public.backpacks drop constraint backpacks_player_fkey;
alter table public.backpacks drop constraint backpacks_player_state_fkey;
alter type public.state rename to "state__replaced";
create type public.state as enum ('on');
-- fails where a row holds a value that public.state no longer has
alter table public.players alter column state type public.state using state::text::public.state;
-- fails where a row holds a value that public.state no longer has
alter table public.backpacks alter column state type public.state using state::text::public.state;
drop type public."state__replaced";
drop statistics public.equal;
alter table public.parts drop constraint parts_check;
alter table public.parts drop constraint parts_other_fkey;
alter table public.parts_1 drop constraint part_apart;
alter table public.players drop constraint nobody_is_both;
alter table public.players drop constraint players_mentor_fkey;
drop view public.pairs;
-- fails where player of a row is no uuid
-- fails where giver of a row is no uuid
alter table public.backpacks
  alter column player type uuid using player::uuid,
  alter column giver type uuid using giver::uuid;
CREATE STATISTICS public.equal ON id, (player = giver) FROM public.backpacks;
-- fails where own of a row is no uuid
-- fails where other of a row is no uuid
alter table public.parts
  alter column own type uuid using own::uuid,
  alter column other type uuid using other::uuid;
alter table public.parts add constraint parts_check CHECK ((own < other)) not valid;
alter table public.parts_1 add constraint part_apart CHECK ((own <> other)) not valid;
-- fails where id of a row is no uuid
alter table public.players alter column id type uuid using id::uuid;
alter table public.backpacks add constraint backpacks_player_fkey FOREIGN KEY (player) REFERENCES public.players(id) not valid;
alter table public.backpacks add constraint backpacks_player_state_fkey FOREIGN KEY (player, state) REFERENCES public.players(id, state) ON DELETE CASCADE not valid;
alter table public.parts add constraint parts_other_fkey FOREIGN KEY (other) REFERENCES public.players(id);
-- fails where mentor of a row is no uuid
-- fails where buddy of a row is no uuid
alter table public.players
  alter column mentor type uuid using mentor::uuid,
  alter column buddy type uuid using buddy::uuid;
alter table public.players add constraint nobody_is_both CHECK ((mentor <> buddy)) not valid;
alter table public.players add constraint players_mentor_fkey FOREIGN KEY (mentor) REFERENCES public.players(id) not valid;
create view public.pairs as
 SELECT p.id,
    b.id AS pack
   FROM (public.players p
     JOIN public.backpacks b ON ((b.player = p.id)));
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently given ON public.backpacks USING btree (id) WHERE (player = giver);

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently of_both ON public.backpacks USING btree (((player = giver)));

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently of_each ON public.backpacks USING btree (player, giver);

set lock_timeout = '5s';
-- fails where a row does not fit it
alter table public.parts validate constraint parts_check;

-- fails where a row does not fit it
alter table public.parts_1 validate constraint part_apart;

-- fails where a row has no partner
alter table public.backpacks validate constraint backpacks_player_fkey;

-- fails where a row has no partner
alter table public.backpacks validate constraint backpacks_player_state_fkey;

-- fails where a row does not fit it
alter table public.players validate constraint nobody_is_both;

-- fails where a row has no partner
alter table public.players validate constraint players_mentor_fkey;
