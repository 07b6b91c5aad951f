create schema old; create table old.t (id int);
