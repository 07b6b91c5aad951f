-- @param {Int} $1:ids The rooms
SELECT id, mood::text AS mood FROM rooms WHERE id = ANY($1::int[]) ORDER BY id;
