create table gone (id int primary key);
create table kept (id int primary key, note text);
create unlogged table cache (k text primary key) with (fillfactor = 70);
