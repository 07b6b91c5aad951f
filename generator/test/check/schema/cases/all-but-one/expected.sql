-- all-but-one

grant all on table public.t to diff_reader;
revoke delete on table public.t from diff_reader;
