create table products (sku text primary key, name text not null, price numeric(10, 2) not null);
