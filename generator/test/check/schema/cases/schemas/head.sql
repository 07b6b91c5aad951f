create schema new; create table new.t (id int); comment on schema new is 'it''s new';
