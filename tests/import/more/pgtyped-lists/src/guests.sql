/*
  @name GuestsOfRooms
  @param rooms -> (...)
  @param guest -> (name)
*/
SELECT v.guest, count(*)::int AS visits FROM visits v
WHERE v.room_id IN :rooms AND (:least::int IS NULL OR v.rating >= :least) OR v.guest = :guest.name
GROUP BY v.guest ORDER BY v.guest;

/* @name Rate */
UPDATE visits SET rating = :rating WHERE guest = :guest! AND room_id = :roomId! RETURNING rating AS "rating!";
