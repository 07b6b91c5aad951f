insert into authors values (1, 'a', '2000-01-01'), (2, 'b', null);
insert into books values (1, 1, 't', 3), (2, 2, 'u', null);
insert into shop.books values (1, 4), (7, 0);
insert into notes values (1, null);
