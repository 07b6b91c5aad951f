-- The catalogue's pages read what they show: the figures of listings lie in the order of their category's charts, and each
-- category has its own.

-- migrate:up

set local lock_timeout = '5s';
drop materialized view listing_stats;

create materialized view listing_stats as
select
  l.id as listing_id,
  coalesce(i.active_installations, 0) as active_installations,
  coalesce(i.total_installations, 0) as total_installations,
  coalesce(r.review_count, 0) as review_count,
  r.average_rating,
  -- A listing with few reviews is drawn towards the middle, so that one five-star review does not lead the
  -- charts.
  (coalesce(r.rating_sum, 0) + 3 * 5)::numeric / (coalesce(r.review_count, 0) + 5) as ranking_score,
  l.category_id,
  l.visibility = 'public' as is_public
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
create index listing_stats_charts_idx on listing_stats (category_id, ranking_score desc, listing_id) where is_public;

create materialized view category_stats as
select s.category_id, count(*) as listing_count
from listing_stats s
where s.is_public
group by s.category_id
with data;
comment on materialized view category_stats is
  'How many public listings each category has, as of the last refresh_listing_stats().';
create unique index category_stats_category_key on category_stats (category_id);

grant select on listing_stats, category_stats to solitude_readonly;

create or replace function refresh_listing_stats() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- One at a time: another run is at it.
  if not pg_try_advisory_xact_lock(hashtext('refresh_listing_stats')) then
    return;
  end if;
  refresh materialized view concurrently listing_stats;
  refresh materialized view concurrently category_stats;
end
$$;
comment on function refresh_listing_stats() is
  'Brings listing_stats and category_stats up to date without blocking their readers. Run twice at once, the second does nothing.';

-- migrate:down

drop materialized view category_stats;
drop materialized view listing_stats;
create materialized view listing_stats as
select
  l.id as listing_id,
  coalesce(i.active_installations, 0) as active_installations,
  coalesce(i.total_installations, 0) as total_installations,
  coalesce(r.review_count, 0) as review_count,
  r.average_rating,
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
  select listing_id, count(*) as review_count, sum(rating) as rating_sum, round(avg(rating), 2) as average_rating
  from reviews
  where status = 'visible'
  group by listing_id
) r on r.listing_id = l.id
where l.status = 'published'
with data;
create unique index listing_stats_listing_key on listing_stats (listing_id);
create index listing_stats_ranking_idx on listing_stats (ranking_score desc, listing_id);
grant select on listing_stats to solitude_readonly;
create or replace function refresh_listing_stats() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  refresh materialized view concurrently listing_stats;
end
$$;
