insert into doc values (1, 'mail', 'abc', '01', '{a,b}', 'aa', 'azz', 'sad', 'open', null, null, 'x'), (2, 'note', 'b', '2', '{}', 'bb', 'b', 'happy', 'stored', 5, 'f0', null);
