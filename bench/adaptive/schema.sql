create table goods (
  id bigint primary key,
  shop_id int not null,
  category_id int not null,
  brand_id int not null,
  status text not null,
  title text not null,
  price_cents int not null,
  rating real not null,
  stock int not null,
  created_at timestamptz not null
);
create table imported (id bigint not null, name text not null, price_cents int not null, created_at timestamptz not null);
