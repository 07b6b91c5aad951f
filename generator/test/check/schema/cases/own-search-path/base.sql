create table words (id int primary key, word text not null);
