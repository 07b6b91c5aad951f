-- file: 1_before.sql
create table bookings (id bigint primary key, during tstzrange not null);

-- file: 2_change.sql
create table bookings_v2 (
  id bigint primary key,
  during tstzrange not null,
  constraint bookings_v2_no_overlap exclude using gist (during with &&)
);
