-- every-privilege

revoke all on table public.loses from diff_writer;

grant all on table public.gains to diff_reader;

revoke all on table public.loses from diff_reader;
grant insert, select on table public.loses to diff_reader;

create table public.news (
  id integer
);
grant all on table public.news to diff_reader;

revoke grant option for all on table public.options from diff_reader;
grant select on table public.options to diff_reader with grant option;

revoke delete on table public.owners from postgres;

alter default privileges grant all on tables to diff_reader;
