create collation sorted (provider = icu, locale = 'en-u-kn');
create collation "Loose" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation other_name (provider = icu, locale = 'fr');
create collation unheld (provider = icu, locale = 'da');
comment on collation sorted is 'numbers by their value';
-- solitude-gen: renamed renamed to other_name
create table people (
  id int primary key,
  name text collate sorted not null,
  nick text collate other_name unique,
  city text collate "Loose"
);
create index people_name on people (name);
create index people_city on people (city collate sorted);
create view named as select id, name from people order by name;
