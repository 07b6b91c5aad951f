insert into a values
  (1, 'solo', 'x', 'NaN', '{}', '{"q": [1, 2.5]}', row(1, 'NaN')),
  (2, 'team', null, 12345678901234567890.123, '{a,NULL}', null, null),
  (3, 'team', '', 2, '{"q\"x"}', 'null', row(null, null));
insert into b values (1, 1, null, 's', 1), (2, 1, 5, 't', 2.50), (3, null, 7, 'u', 'Infinity');
