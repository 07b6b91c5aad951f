-- vet: { rules: { enum-value-order: warning } }
-- file: 1_before.sql
create type size as enum ('small', 'large');

-- file: 2_change.sql
alter type size add value 'medium';
