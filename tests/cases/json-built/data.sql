insert into agent values
  (1, 'one', null, 12345678901234567890.10, 'nan', 9007199254740991, 'free', 'solo', '{"a": null, "b": [1, null]}', '{x,null}', row(1, 0.10)),
  (2, '__proto__', 'n', null, '-infinity', 0, 'pro', 'team', 'null', '{}', row(null, null)),
  (3, 'constructor', '', 0.10, 1.5, -1, 'pro', 'team', null, '{y}', null);
insert into review values (1, 1, 5, null), (2, 1, 3, 'good'), (3, 3, 1, '');
