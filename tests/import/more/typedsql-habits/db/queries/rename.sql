-- @param {Int} $2:id
UPDATE rooms SET name = $1 WHERE id = $2
