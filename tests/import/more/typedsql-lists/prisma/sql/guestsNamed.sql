-- @param {String} $1:room
-- @param $2:names Those that are asked for
SELECT v.guest, v.rating FROM visits v JOIN rooms r ON r.id = v.room_id
WHERE r.name = $1 AND v.guest = ANY($2::text[]) ORDER BY v.guest
