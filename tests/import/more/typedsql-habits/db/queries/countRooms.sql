SELECT count(*) AS "rooms" FROM rooms
-- of all moods
