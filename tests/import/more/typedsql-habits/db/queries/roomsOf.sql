/* Those of a mood, or all. */
-- @param {String} $1:mood?
SELECT name, opened_at FROM rooms WHERE $1::mood IS NULL OR mood = $1::mood ORDER BY name
