/* @name OpenedRooms */
SELECT r.name, r.opened_at, count(v.id) AS visits_made FROM rooms r LEFT JOIN visits v ON v.room_id = r.id
WHERE r.name LIKE :like! GROUP BY r.id ORDER BY r.name;
