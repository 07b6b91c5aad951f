-- file: 1_before.sql
create table events (id bigint, at timestamptz not null) partition by range (at);
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create table visits (id bigint, at timestamptz not null) partition by range (at);
create table visits_2025 partition of visits for values from ('2025-01-01') to ('2026-01-01');
create table visits_rest partition of visits default;

-- file: 2_change.sql
alter table events detach partition events_2025 concurrently;

-- file: 3_beside_a_default_partition.sql
set lock_timeout = '2s';
alter table visits detach partition visits_2025;
