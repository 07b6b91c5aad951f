create table agents (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null,
  slug text not null,
  name text not null,
  description text,
  status text not null,
  version int not null,
  price numeric(12, 2) not null,
  size_bytes bigint not null,
  rating double precision,
  is_public boolean not null,
  labels jsonb not null,
  created_at timestamptz not null default now()
);

create table audit_logs (
  workspace_id uuid not null,
  seq bigint not null,
  actor_id uuid,
  action text not null,
  target text,
  details jsonb not null,
  occurred_at timestamptz not null
);
