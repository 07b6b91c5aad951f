-- file: 1_before.sql
create table codes (code text);
create unique index codes_code_key on codes (code);

-- file: 2_change.sql
alter table codes add constraint codes_code_known check (code is not null) not valid;

-- file: 3_validate.sql
alter table codes validate constraint codes_code_known;

-- file: 4_not_null.sql
alter table codes alter column code set not null;

-- file: 5_key.sql
alter table codes add primary key using index codes_code_key;
