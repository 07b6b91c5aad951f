-- name: CreateCategory :one
-- A subject of the catalogue, below another or at the top.
insert into categories (parent_id, slug, name, position)
values (sqlc.narg(parent_id), @slug, @name, @position)
returning *;

-- name: ListCategoryTree :many
-- The whole tree in the order in which it is shown, each category with its path and its public listings, as of the last
-- RefreshListingStats.
with recursive tree as (
  select c.id, c.parent_id, c.slug, c.name, array[c.name] as path, array[c.position, c.id] as sort_path,
    1 as depth
  from categories c
  where c.parent_id is null
  union all
  select c.id, c.parent_id, c.slug, c.name, t.path || c.name, t.sort_path || array[c.position, c.id],
    t.depth + 1
  from categories c
  join tree t on t.id = c.parent_id
)
select t.id, t.parent_id, t.slug, t.name, t.path, t.depth, coalesce(s.listing_count, 0) as listing_count
from tree t
left join category_stats s on s.category_id = t.id
order by t.sort_path
limit 1000;

-- name: CreateListing :one
-- A draft. For a price, give both parts of it.
insert into listings (
  publisher_workspace_id, agent_id, agent_version_id, category_id, slug, title, summary, description, tags,
  language, visibility, billing, price, created_by
)
values (
  @publisher_workspace_id, @agent_id, @agent_version_id, @category_id, @slug, @title, @summary, @description,
  @tags,
  coalesce(sqlc.narg(language), 'en'), @visibility, @billing,
  case when sqlc.narg(price_amount_minor)::bigint is not null
    then row(sqlc.narg(price_amount_minor), sqlc.narg(price_currency)::text)::price end,
  @created_by
)
returning *;

-- name: SubmitListing :one
-- Only a published version can be offered.
-- solitude-gen-ignore refused-when-distributed on many nodes the version is read before, in the same transaction
update listings l
set status = 'in_review'
from agent_versions v
where l.id = @id
  and l.publisher_workspace_id = @publisher_workspace_id
  and l.status = 'draft'
  and v.workspace_id = l.publisher_workspace_id
  and v.id = l.agent_version_id
  and v.status = 'published'
returning l.*;

-- name: PublishListing :one
-- Puts a listing that was reviewed into the catalogue.
with reviewed as (
  select l.id, coalesce(l.published_at, now()) as published_at
  from listings l
  where l.id = @id and l.publisher_workspace_id = @publisher_workspace_id and l.status = 'in_review'
  for update
)
update listings l
set status = 'published', published_at = r.published_at
from reviewed r
where l.publisher_workspace_id = @publisher_workspace_id and l.id = r.id
returning l.*;

-- name: ReleaseListingVersion :one
-- Offers another published version. Installations that follow the listing run it from now on; nothing of theirs is
-- written. No row while the listing is suspended, or when it is withdrawn.
-- solitude-gen-ignore refused-when-distributed on many nodes the version is read before, in the same transaction
update listings l
set agent_version_id = v.id
from agent_versions v
where l.id = @id
  and l.publisher_workspace_id = @publisher_workspace_id
  and l.status in ('draft', 'in_review', 'published')
  and v.workspace_id = @publisher_workspace_id
  and v.agent_id = l.agent_id
  and v.id = @agent_version_id
  and v.status = 'published'
returning l.id, v.version;

-- name: UpdateListing :one
-- Changes what is given and leaves the rest.
-- @optional title, summary, description, tags, category_id, visibility
update listings
set
  title = @title,
  summary = @summary,
  description = @description,
  tags = @tags,
  category_id = @category_id,
  visibility = @visibility
where id = @id and publisher_workspace_id = @publisher_workspace_id and status <> 'withdrawn'
returning *;

-- name: SetListingStatus :execrows
-- For the platform's moderators, who work across publishers; a publisher has WithdrawListing.
-- @role solitude_worker
update listings
set status = @status
where id = @id and status <> @status and (@status <> 'published' or published_at is not null);

-- name: WithdrawListing :execrows
-- The publisher takes the listing back. Those who have installed it keep it.
update listings
set status = 'withdrawn'
where id = @id and publisher_workspace_id = @publisher_workspace_id and status <> 'withdrawn';

-- name: GetListing :one
-- The page of a listing. A private one is found by its publisher only.
-- @role solitude_worker
select
  sqlc.embed(listing),
  w.name as publisher_name,
  c.name as category_name,
  v.version,
  v.release_notes,
  s.active_installations,
  s.review_count,
  s.average_rating
from listings listing
join workspaces w on w.id = listing.publisher_workspace_id
join categories c on c.id = listing.category_id
join agent_versions v on v.workspace_id = listing.publisher_workspace_id and v.id = listing.agent_version_id
left join listing_stats s on s.listing_id = listing.id
where listing.slug = @slug
  and (
    listing.status = 'published' and listing.visibility <> 'private'
    or listing.publisher_workspace_id = sqlc.narg(viewer_workspace_id)
  );

-- name: SearchListings :many
-- Full text search in the catalogue, best first: by stem in the given language (English where none is), and by word in all. The query is as people type it: words, "phrases",
-- -exclusions, or.
-- @optional category_id, billing
-- solitude-gen-ignore offset-pagination the ranking is computed, so that there is no key to page by; nobody reads far
-- solitude-gen-ignore tenant-key-missing the catalogue is for everybody
select
  l.id,
  l.slug,
  l.title,
  l.summary,
  l.tags,
  s.average_rating,
  coalesce(s.active_installations, 0) as active_installations,
  ts_rank_cd(l.document, query) as relevance,
  ts_headline(search_configuration(l.language), l.description, query, 'MaxFragments=1, MaxWords=20, MinWords=8') as excerpt
from listings l
cross join lateral (
  select websearch_to_tsquery(search_configuration(coalesce(sqlc.narg(language)::text, 'en')), @query::text)
    || websearch_to_tsquery('simple', @query::text) as query
) q
left join listing_stats s on s.listing_id = l.id
where l.document @@ query
  and l.status = 'published'
  and l.visibility = 'public'
  and l.category_id = @category_id
  and l.billing = @billing
order by ts_rank_cd(l.document, query) * (1 + coalesce(s.ranking_score, 3)) desc, l.id
limit @page_size offset @page_offset;

-- name: ListCatalogue :many
-- Browsing a category with everything below it, newest first.
-- solitude-gen-ignore tenant-key-missing the catalogue is for everybody
with recursive subtree as (
  select c.id from categories c where c.slug = @category_slug
  union
  select c.id from categories c join subtree t on c.parent_id = t.id
)
select l.id, l.slug, l.title, l.summary, l.published_at, (l.price).amount_minor, (l.price).currency,
  s.average_rating
from subtree t
cross join lateral (
  select n.id, n.slug, n.title, n.summary, n.published_at, n.price
  from listings n
  where n.category_id = t.id
    and n.status = 'published'
    and n.visibility = 'public'
    and (n.published_at, n.id) < (
      coalesce(sqlc.narg(before_published_at)::timestamptz, 'infinity'),
      coalesce(sqlc.narg(before_id)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
  order by n.published_at desc, n.id desc
  limit @page_size
) l
left join listing_stats s on s.listing_id = l.id
order by l.published_at desc, l.id desc
limit @page_size;

-- name: ListTopListingsByCategory :many
-- The charts on the front page: the best few of every category.
-- solitude-gen-ignore tenant-key-missing the catalogue is for everybody
select
  c.id as category_id,
  c.name as category_name,
  row_number() over (partition by c.id order by best.ranking_score desc, best.id) as place,
  best.id as listing_id,
  best.title,
  best.ranking_score
from categories c
cross join lateral (
  select l.id, l.title, s.ranking_score
  from listing_stats s
  join listings l on l.id = s.listing_id
  where s.category_id = c.id and s.is_public and l.visibility = 'public' and l.status = 'published'
  order by s.ranking_score desc, s.listing_id
  limit @places
) best
order by category_name, place
limit 1000;

-- name: ListPublishedListings :many
-- A publisher's own listings, whatever their status.
select sqlc.embed(listing), s.active_installations, s.average_rating
from listings listing
left join listing_stats s on s.listing_id = listing.id
where listing.publisher_workspace_id = @publisher_workspace_id
order by listing.created_at desc, listing.id desc
limit 1000;

-- name: RefreshListingStats :exec
-- Brings installations and ratings of the catalogue up to date.
-- @role solitude_worker
select refresh_listing_stats();
