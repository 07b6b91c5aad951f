-- file: 1_before.sql
create table bookings (id bigint primary key, during tstzrange not null);

-- file: 2_change.sql
alter table bookings
  add constraint bookings_no_overlap exclude using gist (during with &&);
