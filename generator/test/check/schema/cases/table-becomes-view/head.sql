create table order_rows (id int primary key, total int);
create view orders as select id, total from order_rows;
create view big as select id from orders where total > 100;
