-- What the rules of 20261002090000_what_is_live.sql make of rows that were there before.

-- migrate:up

update users set email_verified_at = created_at where status = 'active' and email_verified_at is null;

-- The latest review of each person stays.
delete from reviews r
using reviews later
where later.listing_id = r.listing_id
  and later.author_id = r.author_id
  and (later.created_at, later.id) > (r.created_at, r.id);

-- migrate:down
