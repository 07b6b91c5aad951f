create table orders (id serial primary key, "No" bigserial);
create table "Odd one" (id serial);
create table items (id int generated always as identity primary key, n smallint generated always as identity);
