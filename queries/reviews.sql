-- name: UpsertReview :one
-- A user reviews a listing once, whichever workspace they do it for; reviewing it again changes the review. No row
-- without an installation, or when the review was written for another workspace. Members of the publisher's workspace
-- are refused.
insert into reviews as r (workspace_id, listing_id, installation_id, author_id, rating, title, body)
select i.workspace_id, i.listing_id, i.id, @author_id::uuid, @rating::smallint, sqlc.narg(title), @body
from installations i
where i.workspace_id = @workspace_id and i.listing_id = @listing_id and i.status <> 'uninstalled'
order by i.created_at desc
limit 1
on conflict on constraint reviews_author_key
do update set rating = excluded.rating, title = excluded.title, body = excluded.body
where r.workspace_id = excluded.workspace_id
returning r.*;

-- name: ListReviews :many
-- The reviews of a listing, newest first. They are public, so it looks across workspaces.
-- @keyset
-- @role solitude_worker
select r.id, r.rating, r.title, r.body, r.reply, r.replied_at, r.created_at, p.display_name as author_name,
  p.avatar_url
from reviews r
left join user_profiles p on p.user_id = r.author_id
where r.listing_id = @listing_id
  and r.status = 'visible'
order by r.created_at desc, r.id desc, r.workspace_id
limit @page_size;

-- name: GetRatingSummary :one
-- Always one row, also when there are no reviews.
-- @role solitude_worker
select
  count(*) as review_count,
  round(avg(rating), 2) as average_rating,
  count(*) filter (where rating = 5) as five_stars,
  count(*) filter (where rating = 4) as four_stars,
  count(*) filter (where rating = 3) as three_stars,
  count(*) filter (where rating = 2) as two_stars,
  count(*) filter (where rating = 1) as one_star
from reviews
where listing_id = @listing_id and status = 'visible';

-- name: ReplyToReview :one
-- Only the publisher of the listing can reply.
-- @role solitude_worker
update reviews r
set reply = @reply::text, replied_at = now()
from listings l
where r.workspace_id = @workspace_id
  and r.id = @id
  and l.id = r.listing_id
  and l.publisher_workspace_id = @publisher_workspace_id
returning r.*;

-- name: ModerateReview :execrows
-- For the platform's moderators: hides a review, or shows it again.
-- @role solitude_worker
update reviews
set status = @status
where workspace_id = @workspace_id and id = @id;

-- name: DeleteReview :execrows
-- Only the author can.
delete from reviews
where workspace_id = @workspace_id and id = @id and author_id = @author_id;
