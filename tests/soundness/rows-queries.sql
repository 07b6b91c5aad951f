-- What INSERT stores, and what keeps it from returning it.
insert into plain (name) values ('z') returning id;
insert into plain (name) values ('z'), ('y') returning id;
insert into plain default values returning id;
insert into plain (name) select 'z' returning id;
insert into plain (name) select name from stamped returning id;
insert into plain (name) select 'z' where now() < '2000-01-01' returning id;
insert into plain (name) select 'z' where not exists (select from plain) returning id;
insert into plain (mail) values ('a@x') on conflict (mail) do nothing returning id;
insert into plain (mail) values ('a@x') on conflict (mail) do update set name = excluded.name returning id;
insert into plain (mail) values ('a@x') on conflict (mail) do update set name = excluded.name where plain.name = 'no' returning id;
insert into stamped values (9, 'z') returning id;
insert into stamped values (1, 'z') on conflict (id) do update set name = excluded.name returning id;
insert into picky values (9, null) returning id;
insert into frozen values (9, 'z') returning id;
insert into frozen values (1, 'z') on conflict (id) do update set name = excluded.name returning id;
insert into audited values (9, 'z') returning id;
insert into tail values (9, 'z') returning id;
insert into parts values (1, 'z') returning id;
insert into parts_2 values (9, 'z') returning id;
insert into whole_parts values (9, 'z') returning id;
insert into twice values (9, 'z') returning id;
insert into also values (9, 'z') returning id;
insert into secured values (9, null) returning id;
insert into secured values (9, 'z') returning id;
insert into plain_view (name) values ('hidden') returning id;
insert into picky_view values (9, null) returning id;
insert into twice_view values (9, 'z') returning id;
insert into joined values (9, 'z') returning id;
with made as (insert into plain (name) values ('z') returning id) select * from made;
with made as (insert into picky values (9, null) returning id) select * from made;
with made as (insert into plain (name) values ('z') returning id) select m.id, p.name from made m left join plain p on p.id = m.id;
insert into plain (name) select unnest(array[]::text[]) returning id;
insert into plain (name) select 'z' limit 0 returning id;
insert into base values (9, 'z') returning id;
update plain set name = 'z' where id = 1 returning id;
delete from plain where id = 1 returning id;
merge into plain p using (values ('a@x')) v (mail) on p.mail = v.mail when matched then update set name = 'm' when not matched then insert (mail) values (v.mail) returning id;
merge into plain p using stamped s on s.id = 1 and p.id = 1 when matched then update set name = 'm' when not matched then insert (name) values (s.name) returning p.id;

-- Groups.
select count(*) from plain;
select max(id) from plain where id < 0;
select count(*) from plain having count(*) > 100;
select count(*) from plain having true;
select 1 as x from plain having true;
select name, count(*) from plain group by name;
select name, count(*) from plain group by rollup (name);
select name, count(*) from plain group by cube (name, mail);
select name, count(*) from plain group by grouping sets ((name), ());
select name, count(*) from plain group by grouping sets ((name), (mail));
select name, mail, count(*) from plain group by name, rollup (mail);
select name, mail, count(*) from plain group by rollup (name), cube (mail);
select count(*) from plain group by ();
select name from plain group by rollup (name);
select count(*) from plain limit 0;
select count(*) from plain offset 1;
select count(*) from plain limit setting('x');
select distinct count(*) from plain;
select count(*), generate_series(1, 0) from plain;
select (select sum(p.id) from stamped s) from plain p;
select count(*) filter (where false) over () from plain;
select count(*) from plain where false;

-- What reads nothing, or what always has a row.
select 1;
select exists (select from plain);
select 1 where false;
select 1 where exists (select from plain);
values (1), (2);
values (1);
values (1) limit 0;
select * from (values (1)) v (x) where x = 2;
select * from (values (1)) v (x) left join plain on true;
select * from plain right join (values (1)) v (x) on plain.id = v.x;
select * from plain full join (values (1)) v (x) on plain.id = v.x;
select * from (values (1)) v (x) join (select count(*) from plain) c on true;
select * from (values (1)) v (x) join (select count(*) from plain) c on c.count = v.x;
select * from (values (1)) v (x), plain;
select * from counted;
select * from first_plain;
select * from old_count;
select n from counted where n > 0;
select * from found(1);
select * from found(99);
select * from all_found();
select * from setting('x');
select * from rows from (generate_series(1, 0), setting('x'));
select * from generate_series(1, 0);
with c as (select count(*) as n from plain) select * from c;
with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t;
with recursive t as (select id as n from plain union all select n + 1 from t where n < 3) select * from t;
select id from plain union all select 1;
select id from plain union select id from stamped;
select 1 as n intersect select id from plain;
select 1 as n except select id from plain;
select 1 as n intersect select 1;
select id from plain except select 1;
select * from (values (1)) v (x) for update;
select * from (select 1 as x) s left join plain p on p.id = s.x;
select * from json_table('[]', '$[*]' columns (x int path '$'));

-- One at most.
select * from plain where id = 1;
select * from plain where mail = 'a@x';
select * from plain where mail is not distinct from null;
select * from base where id = 1;
select * from only base where id = 1;
select * from base where id = 2;
select * from whole_parts where id = 1;
select * from first_plain, first_plain f;
select p.id from plain p join base b on b.id = p.id where p.id = 1;
update base set name = 'z' where id = 1 returning id;
update plain set name = 'z' where id = 1 returning id;
delete from base where id = 1 returning id;

-- What is equal is not one value: of numbers, intervals, and texts under a cast to a type that takes more for equal.
select size, count(*) from measured where size = 1 group by size;
select size::text, count(*) from measured where size = 1 group by size::text;
select distinct size from measured where size = 1;
select distinct size::text from measured where size = 1;
select distinct ratio::text from measured where ratio = 0;
select distinct lasts::text from measured where lasts = '1 day';
select distinct label from measured where label = 'a' or label = 'b';
select distinct b.size from measured a join measured b on b.size = a.size where a.size = 1;
select distinct b.size::text from measured a join measured b on b.size = a.size where a.size = 1;
select * from (select size, count(*) from measured group by size) m where m.size = 1;
select * from (select size::text as size, count(*) from measured group by size::text) m where m.size = '1';
update labelled l set x = 0 from measured m where m.size = 1 and l.label = m.size::text returning l.id;
delete from labelled l using measured m where m.size = 1 and l.label = m.size::text returning l.id;
select * from measured where label::bpchar = 'a';
select * from measured where label::varchar = 'a';
select * from measured where label::bpchar = any (array['a'::bpchar]);
select count(*) from measured where label::bpchar = 'a' group by label;

-- Where an outer join finds no row, there is NULL beside the one value.
select t.theme, count(*) from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' group by t.theme;
select distinct t.theme from measured m left join themes t on t.measured_id = m.id and t.theme = 'x';
select distinct t.theme from themes t right join measured m on t.measured_id = m.id and t.theme = 'x';
select distinct t.theme from measured m left join themes t on t.id = 5 and m.id = 1;
select distinct t.theme from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' where t.theme = 'x';
select distinct coalesce(t.theme, '-') from measured m left join themes t on t.measured_id = m.id and t.theme = 'x';
select distinct j.theme from (measured m left join themes t on t.measured_id = m.id and t.theme = 'x') j;
update measured set team = 0 from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' where measured.code is not distinct from t.theme returning measured.id;
update measured set team = 0 from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' where measured.code = t.theme returning measured.id;
update measured set team = 0 from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' where measured.code = lower(t.theme) returning measured.id;
update measured set team = 0 from measured m left join themes t on t.measured_id = m.id and t.theme = 'x' where measured.code = coalesce(t.theme, 'y') returning measured.id;
select distinct u.theme from measured m left join (themes t left join themes u on u.id = t.id and u.theme = 'x') on t.measured_id = m.id and u.theme = 'x';
select * from (select 1 as a) x full join (select 2 as b) y on x.a = y.b;
select * from (select * from measured where id = 1) a full join (select * from measured where id = 2) b on a.label = b.label;
select * from (values (1)) v (x) full join (values (2)) w (y) on false, (values (3)) u (z);
select distinct v.x from (values (1)) v (x) full join (values (2)) w (y) on false where v.x = 1;

-- A unique key counts NULLs as different, through a view too.
select * from plain where mail is not distinct from null::text;
select * from mails where mail is not distinct from null::text;
select * from mails where mail = 'a@x';
select * from labels where code is not distinct from null::text;
select * from measured where code is not distinct from null::text;
select * from (select mail from plain) p where p.mail is not distinct from null::text;
select * from later where id = 1;

-- One value, but not in each row anew.
select * from measured where id = any (array[array[1, 2]]);
select * from measured where id = any (array[1]);
select * from measured where id = (select 1 + count(*) from plain where name = 'none');
select * from measured m where m.id = (select 1 + m.team - m.team) and m.team = 1;
select * from measured m where m.team = 1 and m.id = (select floor(random() * 3)::int + 1 + m.team - m.team);
select * from measured m where m.team = 1 and m.id = (select nextval('plain_id_seq') + m.team - m.team);
select * from measured where id = (select floor(random() * 3)::int + 1);

-- A set in the list of an INSERT is as many rows.
insert into plain (name) values (generate_series(1, 0)::text) returning id;
insert into plain (name) values (unnest(array['p', 'q'])) returning id;

-- LATERAL gives each row its own.
select c.n, count(*) from measured m, lateral (select count(*) as n from themes t where t.measured_id = m.id) c group by c.n;
select distinct l.theme from measured m, lateral (select t.theme from themes t where t.measured_id = m.id order by t.id limit 1) l;
select distinct l.n from measured m, lateral (select count(*) as n from themes t where t.measured_id = 1) l;
select distinct l.n from measured m, lateral (select count(*) as n from themes t where t.measured_id = m.id) l where m.id = 1;
select distinct f from measured m, abs(m.id) f;
select distinct f from measured m, abs(7) f;
select distinct v.x from measured m, lateral (values (m.id)) v (x);
select distinct v.x from measured m, lateral (values (7)) v (x);
select distinct f.id from measured m, found(m.id) f;
update labelled l set x = 0 from measured m, lateral (select m.id as y) s where l.id = s.y returning l.id;
update labelled l set x = 0 from measured m, lateral (select m.id as y) s where l.id = s.y and m.id = 2 returning l.id;

-- A partial key whose predicate a condition does not make sure of, and one that it does.
select * from pieces where part = 1 and name is not distinct from null::text;
select * from pieces where part = 1 and name = 'x';
select * from pieces where part = 1 and name is not null;
select * from pieces where part = 1;

-- Two local times that are one moment.
select t.* from timed t, set_config('timezone', 'Europe/Berlin', true) s where t.at = timestamptz '2024-03-31 01:30+00';
select * from timed where at = timestamp '2024-03-31 02:30';
select * from timed where at = date '2024-03-31';
