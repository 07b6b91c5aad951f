SELECT r.name, count(v.id)::int AS visits FROM rooms r LEFT JOIN visits v ON v.room_id = r.id
GROUP BY r.id HAVING count(v.id) >= $1::int ORDER BY visits DESC, r.name
