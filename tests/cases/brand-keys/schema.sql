create table tenants (id text primary key);
create table users (id uuid primary key, name text not null, inviter_id uuid references users);
create table user_ids (id int generated always as identity primary key, user_id uuid not null references users deferrable);
create table profiles (user_id uuid primary key references users, tenant_id text not null references tenants);
create table jobs (tenant_id text references tenants, id int8, owner_id uuid references users, ordinal int not null, primary key (tenant_id, id));
create table steps (tenant_id text, job_id int8, position int, note text, primary key (tenant_id, job_id, position), foreign key (tenant_id, job_id) references jobs);
create table devices (device_id uuid primary key, user_id uuid references users);
-- A value of two keys is neither's alone.
create table doubles (id int primary key, both_id uuid references users, foreign key (both_id) references devices);
create table events (id int8, at date not null, user_id uuid references users, primary key (id, at)) partition by range (at);
create table events_all partition of events default;
create view owned as select j.id, j.owner_id as who, lower(j.owner_id::text) as text from jobs j;
-- Keys that refer to one another, and a row of one column that leads to them.
create table plans (tenant_id text references tenants, id uuid, current_id uuid, primary key (tenant_id, id));
create table plan_versions (
  tenant_id text, id uuid, plan_id uuid not null, primary key (tenant_id, id), unique (tenant_id, plan_id, id),
  foreign key (tenant_id, plan_id) references plans
);
alter table plans add foreign key (tenant_id, id, current_id) references plan_versions (tenant_id, plan_id, id);
create table offers (
  id int primary key, tenant_id text, plan_id uuid, version_id uuid, former_ids uuid[] not null,
  foreign key (tenant_id, plan_id, version_id) references plan_versions (tenant_id, plan_id, id)
);
