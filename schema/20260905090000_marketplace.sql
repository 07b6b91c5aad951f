-- The marketplace is one catalogue for all tenants: categories and listings belong to the platform and are
-- keyed by their own id. Installations and reviews belong to the workspace that installs and reviews.

-- migrate:up

create type listing_status as enum ('draft', 'in_review', 'published', 'suspended', 'withdrawn');
create type installation_status as enum ('active', 'paused', 'uninstalled');

-- solitude-gen-ignore integer-key categories are made by hand, some hundreds of them
create table categories (
  id integer primary key generated always as identity,
  parent_id integer references categories (id),
  slug url_slug not null unique,
  name text not null,
  position integer not null default 0,
  constraint categories_parent_check check (parent_id <> id)
);
comment on table categories is 'The tree of subjects that the marketplace is browsed by.';

create index categories_parent_idx on categories (parent_id, position);

create table listings (
  id uuid primary key default gen_random_uuid(),
  publisher_workspace_id uuid not null references workspaces (id),
  agent_id uuid not null,
  agent_version_id uuid not null,
  category_id integer not null references categories (id),
  slug url_slug not null unique,
  title text not null,
  summary text not null,
  description text not null default '',
  tags text[] not null default '{}',
  visibility text not null default 'public',
  status listing_status not null default 'draft',
  billing text not null default 'free',
  price price,
  search tsvector not null generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(array_to_tsvector(tags), 'B')
    || setweight(to_tsvector('english', summary), 'B')
    || setweight(to_tsvector('english', description), 'D')
  ) stored,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  published_at timestamptz,
  foreign key (publisher_workspace_id, agent_id, agent_version_id)
    references agent_versions (workspace_id, agent_id, id),
  constraint listings_visibility_check check (visibility in ('public', 'unlisted', 'private')),
  constraint listings_billing_check check (billing in ('free', 'one_time', 'monthly')),
  constraint listings_price_check
    check (case when billing = 'free' then price is null
      else coalesce((price).amount_minor > 0 and (price).currency is not null, false) end),
  constraint listings_tags_check check (cardinality(tags) <= 12 and array_position(tags, '') is null),
  constraint listings_published_check check (status <> 'published' or published_at is not null)
);
comment on table listings is 'An agent offered in the marketplace.';
comment on column listings.agent_version_id is 'The version that an installation gets.';
comment on column listings.visibility is
  'public: in the catalogue; unlisted: to those who have the link; private: to the publisher only.';
comment on column listings.price is 'Null exactly when it is free.';
comment on column listings.search is
  'What the catalogue''s full text search looks at: title, then tags and summary, then text.';

create unique index listings_agent_key on listings (publisher_workspace_id, agent_id)
  where status <> 'withdrawn';
create index listings_search_idx on listings using gin (search);
create index listings_tags_idx on listings using gin (tags);
create index listings_catalogue_idx on listings (category_id, published_at desc, id desc)
  include (title, summary) where status = 'published' and visibility = 'public';

create trigger touch_updated_at before update on listings
  for each row execute function touch_updated_at();

create table installations (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  listing_id uuid not null references listings (id),
  agent_version_id uuid not null,
  status installation_status not null default 'active',
  settings json_document not null default '{}',
  auto_update boolean not null default true,
  installed_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  uninstalled_at timestamptz,
  primary key (workspace_id, id),
  constraint installations_uninstalled_check check ((status = 'uninstalled') = (uninstalled_at is not null))
);
comment on table installations is 'A listing that a workspace uses.';
comment on column installations.agent_version_id is
  'The publisher''s version that is installed. It is in the publisher''s workspace, so no foreign key '
  'leads there.';
comment on column installations.auto_update is 'Whether it follows the listing to new versions.';

create unique index installations_listing_key on installations (workspace_id, listing_id)
  where status <> 'uninstalled';
create index installations_listing_id_idx on installations (listing_id, status);

create trigger touch_updated_at before update on installations
  for each row execute function touch_updated_at();

create table reviews (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  listing_id uuid not null references listings (id),
  installation_id uuid not null,
  author_id uuid not null references users (id),
  rating smallint not null,
  title text,
  body text not null default '',
  status text not null default 'visible',
  reply text,
  replied_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, listing_id, author_id),
  -- Only those who have installed it can review it.
  foreign key (workspace_id, installation_id) references installations (workspace_id, id),
  constraint reviews_rating_check check (rating between 1 and 5),
  constraint reviews_status_check check (status in ('visible', 'hidden', 'reported')),
  constraint reviews_reply_check check ((reply is null) = (replied_at is null))
);
comment on table reviews is 'What users of a listing think of it.';
comment on column reviews.workspace_id is 'The workspace of the reviewer, not of the publisher.';
comment on column reviews.reply is 'The publisher''s answer.';

create index reviews_listing_idx on reviews (listing_id, created_at desc, id desc) include (rating)
  where status = 'visible';

create trigger touch_updated_at before update on reviews
  for each row execute function touch_updated_at();

create materialized view listing_stats as
select
  l.id as listing_id,
  coalesce(i.active_installations, 0) as active_installations,
  coalesce(i.total_installations, 0) as total_installations,
  coalesce(r.review_count, 0) as review_count,
  r.average_rating,
  -- A listing with few reviews is drawn towards the middle, so that one five-star review does not lead the
  -- charts.
  (coalesce(r.rating_sum, 0) + 3 * 5)::numeric / (coalesce(r.review_count, 0) + 5) as ranking_score
from listings l
left join (
  select
    listing_id,
    count(*) filter (where status = 'active') as active_installations,
    count(*) as total_installations
  from installations
  group by listing_id
) i on i.listing_id = l.id
left join (
  select
    listing_id,
    count(*) as review_count,
    sum(rating) as rating_sum,
    round(avg(rating), 2) as average_rating
  from reviews
  where status = 'visible'
  group by listing_id
) r on r.listing_id = l.id
where l.status = 'published'
with data;
comment on materialized view listing_stats is
  'Installations and ratings of published listings, as of the last refresh_listing_stats().';

create unique index listing_stats_listing_key on listing_stats (listing_id);
create index listing_stats_ranking_idx on listing_stats (ranking_score desc, listing_id);

-- Only the owner of a materialized view can refresh it, and the application is not the owner.
create function refresh_listing_stats() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  refresh materialized view concurrently listing_stats;
end
$$;
comment on function refresh_listing_stats() is
  'Brings listing_stats up to date without blocking its readers.';
revoke execute on function refresh_listing_stats() from public;

-- migrate:down

drop function refresh_listing_stats();
drop materialized view listing_stats;
drop table reviews;
drop table installations;
drop table listings;
drop table categories;
drop type installation_status;
drop type listing_status;
