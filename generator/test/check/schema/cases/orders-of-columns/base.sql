create table users (id bigint primary key, n serial, state text, "Name" text);
create statistics both_columns (ndistinct) on state, "Name" from users;
create table items (name text);
