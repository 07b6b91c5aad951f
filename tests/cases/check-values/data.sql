insert into items (id, kind, opt, one, padded, either, both_ways, level, strict, loose, single, gender, maybe, late, size, tags) values
  (1, 'a', 'x', 'm', 'p', 'a', 'r', 'low', 'high', 'A', 'only', 'm', 'u', 'v', 1, '{t}'),
  (2, 'b', null, 'n', 'q', 'zzz', 's', 'high', 'high', 'b', 'only', 'f', null, 'v', 3, '{}'),
  (3, 'a', 'y', 'm', 'p', 'b', 's', 'low', 'high', 'B', 'only', 'm', 'v', 'v', 2, '{u}');
