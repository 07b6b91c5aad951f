SELECT id, name FROM rooms WHERE name <> '$1' ORDER BY id
