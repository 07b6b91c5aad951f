-- file: 1_before.sql
create table events (id bigint, at timestamptz not null) partition by range (at);
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');

-- file: 2_change.sql
alter table events detach partition events_2025 concurrently;
