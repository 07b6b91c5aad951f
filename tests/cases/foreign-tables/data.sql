insert into parent values (1, 'x');
insert into checked values (1, 'x');
