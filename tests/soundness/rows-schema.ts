/** Tables with everything that may keep INSERT from returning a row, or make it return more. */
export const SCHEMA = `
  create table plain (id int generated always as identity primary key, name text not null default 'x', mail text unique);
  create table stamped (id int primary key, name text, at timestamptz);
  create function stamp() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
  create trigger stamp before insert or update on stamped for each row execute function stamp();
  create table picky (id int primary key, name text);
  create function pick() returns trigger language plpgsql as $$ begin if new.name is null then return null; end if; return new; end $$;
  create trigger pick before insert on picky for each row execute function pick();
  create table frozen (id int primary key, name text);
  create function halt() returns trigger language plpgsql as $$ begin return null; end $$;
  create trigger halt before update on frozen for each row execute function halt();
  create table audited (id int primary key, name text);
  create trigger audit after insert on audited for each row execute function halt();
  create trigger whole before insert on audited for each statement execute function halt();
  create table tail (id int, name text, at timestamptz);
  create function silent() returns trigger language plpgsql as $$ declare result record := null; begin return result; end $$;
  create trigger silent before insert on tail for each row execute function silent();
  create table parts (id int, name text) partition by list (id);
  create table parts_1 partition of parts for values in (1);
  create table parts_2 partition of parts default;
  create trigger pick before insert on parts_1 for each row execute function halt();
  create table whole_parts (id int primary key, name text) partition by hash (id);
  create table whole_parts_0 partition of whole_parts for values with (modulus 2, remainder 0);
  create table whole_parts_1 partition of whole_parts for values with (modulus 2, remainder 1);
  create table ruled (id int primary key, name text);
  create rule nothing as on insert to ruled do instead nothing;
  create table twice (id int, name text);
  create rule many as on insert to twice do instead insert into stamped select new.id + n, new.name from generate_series(100, 102) n returning id, name;
  create table also (id int, name text);
  create rule log as on insert to also do also insert into stamped values (new.id, new.name);
  create table secured (id int primary key, name text);
  alter table secured enable row level security;
  alter table secured force row level security;
  create policy named on secured using (name is not null) with check (true);
  create view plain_view as select id, name, mail from plain where name <> 'hidden';
  create view picky_view as select id, name from picky;
  create view twice_view as select id, name from twice;
  create view joined as select p.id, s.name from plain p join stamped s using (id);
  create trigger instead instead of insert on joined for each row execute function halt();
  create view counted as select count(*) as n from plain;
  create view first_plain as select id from plain order by id limit 1;
  create materialized view old_count as select count(*) as n from plain;
  create table base (id int primary key, name text);
  create table derived (extra text) inherits (base);
  create table measured (id int primary key, size numeric not null, ratio float8 not null, lasts interval not null, label text not null unique, team int not null, code text unique nulls not distinct);
  create table themes (id int primary key, measured_id int not null, theme text, unique (measured_id, theme));
  create table timed (id int primary key, at timestamp not null unique, day date not null);
  create table pieces (id int primary key, part int not null, name text); create unique index on pieces (part) where name is not null;
  create table later (id int unique deferrable initially deferred, name text);
  create view labels as select code, mail from measured, plain where measured.id = plain.id;
  create view mails as select mail, name from plain;
  create table labelled (id int primary key, label text not null unique, x int);
  create function setting(text) returns int language sql stable as $$ select 7 $$;
  create function found(int) returns plain language sql stable as $$ select * from plain where id = $1 $$;
  create function all_found() returns setof plain language sql stable as $$ select * from plain $$;
`;

export const FILLINGS = {
  empty: "",
  filled: `
    insert into plain (name, mail) values ('a', 'a@x'), ('b', null), ('hidden', null);
    insert into stamped values (1, 'a'), (2, 'b');
    insert into picky values (1, 'a');
    insert into frozen values (1, 'a'), (2, 'b');
    insert into whole_parts values (1, 'a'), (2, 'b');
    insert into base values (1, 'a');
    insert into derived values (1, 'a', 'x'), (2, 'b', 'y');
    insert into measured values (1, 1, 0, '1 day', 'a', 1, 'x'), (2, 1.00, '-0', '24 hours', 'a ', 1, null), (3, 2, 5, '2 days', '2', 2, 'y');
    insert into themes values (5, 1, 'x'), (6, 2, 'y'), (7, 1, 'y');
    insert into labelled values (1, '1', 1), (2, '1.00', 2), (3, '2', 3);
    insert into later values (1, 'a');
    insert into timed values (1, '2024-03-31 02:30', '2024-03-31'), (2, '2024-03-31 03:30', '2024-03-31');
    insert into pieces values (1, 1, null), (2, 1, null), (3, 1, 'x'), (4, 2, 'y');
  `,
};
