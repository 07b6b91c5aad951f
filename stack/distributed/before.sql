-- What every node has is written on all of them; what follows from that happens once.
create function is_coordinator() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select l.groupid = 0 from pg_dist_local_group l $$;

-- Names are found before it is known whose they are: every node has them, and no workspace has one that is not its own here.
create table workspace_slugs (
  slug url_slug primary key,
  workspace_id uuid not null,
  constraint workspace_slugs_workspace_key unique (slug, workspace_id)
);
comment on table workspace_slugs is
  'Which workspace has which name. Written before the workspace is made or renamed, and the old one taken out behind it, in one transaction.';
insert into workspace_slugs (slug, workspace_id) select w.slug, w.id from workspaces w;
alter table workspaces drop constraint workspaces_slug_key;

create or replace function workspace_of_slug(slug text) returns uuid
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  workspace uuid := (select s.workspace_id from workspace_slugs s where s.slug = workspace_of_slug.slug);
begin
  return (
    select w.id from workspaces w where w.id = workspace and w.slug = workspace_of_slug.slug and w.archived_at is null
  );
end
$$;

-- A person reviews a listing once, in whichever workspace they do it.
create table listing_reviewers (
  listing_id uuid not null,
  author_id uuid not null,
  workspace_id uuid not null,
  primary key (listing_id, author_id),
  constraint listing_reviewers_workspace_key unique (workspace_id, listing_id, author_id)
);
comment on table listing_reviewers is
  'Who has reviewed which listing, and for whom. Written before a review is made, and taken out behind one that is deleted, in one transaction.';
insert into listing_reviewers (listing_id, author_id, workspace_id) select r.listing_id, r.author_id, r.workspace_id from reviews r;
alter table reviews
  drop constraint reviews_author_key,
  add constraint reviews_author_key unique (workspace_id, listing_id, author_id);

-- Both are a tenant's to write, and nobody else's.
alter table workspace_slugs enable row level security;
create policy tenant on workspace_slugs to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_slugs to solitude_worker using (true) with check (true);
alter table listing_reviewers enable row level security;
create policy tenant on listing_reviewers to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on listing_reviewers to solitude_worker using (true) with check (true);

-- Who writes what is copied locks what it refers to, for which Citus asks the right to change it: no row is changed by that.
alter table categories enable row level security;
create policy everybody on categories for select using (true);
create policy made on categories for insert with check (true);
alter table users enable row level security;
create policy everybody on users for select using (true);
create policy made on users for insert with check (true);
create policy changed on users for update to solitude_app using (true) with check (true);
