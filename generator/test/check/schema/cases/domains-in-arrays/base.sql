create domain word as text;
create domain size as int constraint small check (value < 100);
alter domain size add constraint even check (value % 2 = 0) not valid;
create domain tag as text;
create table words (id int primary key, first word, others word[]);
create index words_first on words (first);
create table boxes (id int primary key, size size default 4, tags tag[]);
create function twice(size) returns size language sql as 'select $1';
