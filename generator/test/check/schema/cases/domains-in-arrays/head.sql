create domain word as text not null default 'none' constraint long check (length(value) > 2);
create domain size as bigint constraint small check (value < 1000) constraint positive check (value > 0);
alter domain size add constraint even check (value % 2 = 0) not valid;
create domain tag as text check (value <> '');
create table words (id int primary key, first word, others word[]);
create index words_first on words (first);
create table boxes (id int primary key, size size default 4, tags tag[]);
create function twice(size) returns size language sql as 'select $1';
