-- file: 1_before.sql
create materialized view totals as select 1 as id, 2 as total;
create unique index on totals (id);

-- file: 2_change.sql
refresh materialized view totals;
