insert into agents values
  (1, '{"model": "m", "tags": ["a}"]}', '[[1, null]]', '{"told": "x"}', '{"any": 1}', 'n'),
  (2, '{"model": "m", "limits": {"steps": 3}, "tags": []}', null, '{"told": "y"}', null, null);
