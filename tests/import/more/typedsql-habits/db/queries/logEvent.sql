-- @param {Int} $1:room
-- @param {Json} $2:payload
INSERT INTO events (room_id, payload) VALUES ($1, $2)
