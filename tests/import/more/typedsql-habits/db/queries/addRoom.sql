-- Adds one.
-- @param {String} $1:name
-- @param $2:seats? How many there are
INSERT INTO rooms (name, mood, seats)
VALUES ($1, 'calm', $2)
RETURNING id; -- and that is all
