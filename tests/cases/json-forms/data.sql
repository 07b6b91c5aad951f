insert into x values
  (1, 'nan', 'nan', 'nan', 'infinity', 9007199254740991, 'NaN', '{nan,null,-infinity}', row(1, 'nan', '-infinity', 'NaN'), array[row(1, 'infinity', 'nan', 'Infinity')::c, null], 'nan'),
  (2, null, '-infinity', null, 0.1, null, null, '{1}', row(null, null, null, null), '{}', null),
  (3, 1, 1, 1, 1, 1234567890123456, '-Infinity', null, null, null, 1);
insert into locations values ('here', '{there,NULL}'), (null, null);
