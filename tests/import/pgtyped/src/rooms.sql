/* Everything that a room is asked for. */

/* @name FindRooms */
SELECT id, name, mood, seats FROM rooms
WHERE (:mood::mood IS NULL OR mood = :mood) AND name <> ':no parameter' ORDER BY name;

/*
  @name RoomsByIds
  @param ids -> (...)
*/
SELECT id, name FROM rooms WHERE id IN :ids! ORDER BY id;

/*
  @name AddRoom
  @param room -> (name!, mood!, seats)
*/
INSERT INTO rooms (name, mood, seats) VALUES :room RETURNING id;

/*
  @name AddVisits
  @param visits -> ((roomId!, guest!, rating)...)
*/
INSERT INTO visits (room_id, guest, rating) VALUES :visits;

/* @name RenameRoom */
UPDATE rooms SET name = :name! WHERE id=:id!;

/*
  @name AddVisitsReturning
  @param visits -> ((roomId!, guest!)...)
*/
INSERT INTO visits (room_id, guest) VALUES :visits RETURNING id;
