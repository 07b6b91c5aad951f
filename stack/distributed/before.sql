-- What every node has is written on all of them; what follows from that happens once.
create function is_coordinator() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select l.groupid = 0 from pg_dist_local_group l $$;

-- Names are found before it is known whose they are: every node has them.
create table workspace_slugs (
  slug url_slug primary key,
  workspace_id uuid not null unique
);
comment on table workspace_slugs is
  'Which workspace has which name. Written first, in the transaction that makes or renames a workspace.';
insert into workspace_slugs (slug, workspace_id) select w.slug, w.id from workspaces w;
alter table workspaces drop constraint workspaces_slug_key;

create or replace function workspace_of_slug(slug text) returns uuid
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  workspace uuid := (select s.workspace_id from workspace_slugs s where s.slug = workspace_of_slug.slug);
begin
  return (select w.id from workspaces w where w.id = workspace and w.archived_at is null);
end
$$;

-- A person reviews a listing once, in whichever workspace they do it.
create table listing_reviewers (
  listing_id uuid not null,
  author_id uuid not null,
  primary key (listing_id, author_id)
);
comment on table listing_reviewers is 'Who has reviewed which listing. Written first, in the transaction that makes a review.';
insert into listing_reviewers (listing_id, author_id) select r.listing_id, r.author_id from reviews r;
alter table reviews
  drop constraint reviews_author_key,
  add constraint reviews_author_key unique (workspace_id, listing_id, author_id);
