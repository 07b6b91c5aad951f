-- PostgreSQL has these where it is built with ICU; elsewhere the analysis provides them for the schema that names them.
create domain surname as text collate "en-x-icu";
create table people (id int primary key, name text collate "de-x-icu");
create index by_name on people (name collate "fr-x-icu");
create view sorted as select id from people order by name collate "sv-x-icu";
