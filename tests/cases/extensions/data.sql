insert into e values
  (1, null, '', null, null, 'A', null, null, 'a.b', null, '(1,2)', null, '{}', null, '', null),
  (2, 'a=>1,b=>null', 'a=>null', array['a=>1'::hstore, null], 'x', '', '{a,NULL,"q, \"x"}', 'x.y', '', '{a.b,c}', '(0)', '{1,2}', '{3}', 'tt', 'ü', '978-0-11-000533-1');
