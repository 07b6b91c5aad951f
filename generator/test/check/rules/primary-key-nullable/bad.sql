-- file: 1_before.sql
create table codes (code text);
create unique index codes_code_key on codes (code);

-- file: 2_change.sql
alter table codes add primary key using index codes_code_key;
