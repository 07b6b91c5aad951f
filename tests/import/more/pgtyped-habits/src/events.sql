/* @name AddEvent */
INSERT INTO events (room_id, payload) VALUES (:room_id!, :payload!) RETURNING id;

/* @name EventsLike */
SELECT id, payload FROM events WHERE payload @> :part! AND kind = :kind ORDER BY id LIMIT :limit!;

/*
  The newest first.
  @name LastEvents
  @param kinds -> (...)
*/
SELECT e.id, e.kind, 'at :noon' AS label FROM events e WHERE e.kind IN :kinds AND e.at::date = :day::date ORDER BY e.id DESC;

/*
  @name AddVisit
  @param visit -> (room_id!, guest!, rating)
*/
INSERT INTO visits (room_id, guest, rating) VALUES :visit;

/*
  @name AddGuests
  @param guests -> ((room_id!, guest!)...)
*/
INSERT INTO visits (room_id, guest) VALUES :guests;

/* @name MoodOf */
SELECT r.mood AS room_mood, r.mood = :mood AS is_it FROM rooms r WHERE r.id=:id!;

/* @name TagsOf */
SELECT tags[1:2] AS first_tags, tags && :tags! AS "has_some!" FROM events WHERE id = :id!;

/* @name Touch */
WITH touched AS (UPDATE events SET at = now() WHERE room_id = :room_id! RETURNING id)
SELECT count(*) AS n FROM touched;

/* @name DropKind */
DELETE FROM events WHERE kind = :kind! -- of any room
