insert into workspace values (1, 'one, "two"', 'free'), (2, '', 'paid');
insert into agent (id, workspace_id, slug, blurb, price, tags, conf, at, created_at) values
  (1, 1, 'a\b"c', null, 1.50, '{x,"y z",NULL}', '{"a": [1, "\"}"]}', (1, null, 'k,"l'), '2026-01-01 00:00:00Z'),
  (2, 1, '(x)', '', null, '{}', null, null, '2026-01-02 00:00:00Z'),
  (3, 2, ' ', 'null', 0, '{}', 'null', (null, null, null), '2026-01-03 00:00:00Z');
insert into version values (1, 1, 'v1', null, 'beta'), (2, 1, '', 'n', 'stable'), (3, 3, 'v"', '', 'beta');
insert into review values (1, 1, null), (1, 2, 'fine'), (2, 1, '');
