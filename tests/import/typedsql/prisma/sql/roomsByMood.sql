-- Rooms of a mood, with their visits.
-- @param {String} $1:mood one of the enum's
-- @param {Int} $2:seats? at least so many
SELECT r.id, r.name, count(v.id) AS visits FROM rooms r LEFT JOIN visits v ON v.room_id = r.id
WHERE r.mood = $1::text::mood AND ($2::int IS NULL OR r.seats >= $2) GROUP BY r.id ORDER BY r.name;
