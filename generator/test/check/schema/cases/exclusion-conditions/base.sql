create table booked (room int4range, gone boolean, exclude using gist (room with &&) where (not gone));
create table kept (room int4range, hidden boolean, constraint kept_once exclude using gist (room with &&) where (not hidden));
