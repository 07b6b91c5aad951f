insert into shape values
  (1, row (1, null, 'a'), array[row (1, null, null)::point3, row (null, 2, 'b')::point3], array['a', 'b'], array['(1,1),(0,0)'::spot], array['(2,2),(1,1)'::box], 'null', array['null'::jsonb, '1'], 'n', 12345678901234567.89),
  (2, row (null, null, null), array[null::point3], array[null, 'c'], array['(3,3),(0,0)'::spot, '(2,2),(0,0)'], array['(2,2),(1,1)'::box, '(3,3),(1,1)'], '{"a": null}', array[null::jsonb], 'm', 2);
insert into shape select 3, s.at, s.corners, array['x', 'y'], s.spots, s.area, s.conf, s.confs, missing.name, 3 from shape s left join shape missing on missing.id = -1 where s.id = 1;
insert into owner values (1, 1, null), (2, 2, 'x');
