create table booked (room int4range, exclude using gist (room with &&));
create table kept (room int4range);
