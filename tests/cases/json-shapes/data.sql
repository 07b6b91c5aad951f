insert into a values (1, 'x', null, 'ok', 5, null, '{"k": null}', '{a,null}', 1.5), (2, 'y', 1, 'sad', 6, now(), 'null', '{}', 2);
insert into b values (1, 1, null), (2, 1, 2);
