create table t (id int, tenant text);
alter table t enable row level security;
create policy gone on t for delete using (false);
create policy changed on t for select using (tenant = 'a');
create policy narrowed on t using (true) with check (true);
