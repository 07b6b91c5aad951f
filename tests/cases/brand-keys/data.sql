insert into tenants values ('t_1');
insert into users values ('00000000-0000-4000-8000-000000000001', 'a', null), ('00000000-0000-4000-8000-000000000002', 'b', '00000000-0000-4000-8000-000000000001');
insert into user_ids (user_id) values ('00000000-0000-4000-8000-000000000001');
insert into profiles values ('00000000-0000-4000-8000-000000000001', 't_1');
insert into jobs values ('t_1', 7, '00000000-0000-4000-8000-000000000001', 1), ('t_1', 8, null, 2);
insert into steps values ('t_1', 7, 1, 'x');
insert into devices values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002');
insert into doubles values (1, '00000000-0000-4000-8000-000000000001');
insert into events values (1, '2026-01-01', '00000000-0000-4000-8000-000000000001');
