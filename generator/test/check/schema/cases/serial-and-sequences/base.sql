create table t (id serial primary key, n int);
create sequence loose increment by 2 maxvalue 100 cycle;
create sequence gone;
create sequence adopted;
