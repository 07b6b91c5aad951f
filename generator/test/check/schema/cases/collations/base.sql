create collation gone from "C";
create collation sorted (provider = icu, locale = 'en');
create collation renamed (provider = icu, locale = 'fr');
create collation unheld (provider = icu, locale = 'sv');
create table people (
  id int primary key,
  name text collate sorted not null,
  nick text collate renamed unique,
  city text
);
create index people_name on people (name);
create index people_city on people (city collate sorted);
create view named as select id, name from people order by name;
