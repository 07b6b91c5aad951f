create table orders (id int primary key, total int);
create view big as select id from orders where total > 100;
