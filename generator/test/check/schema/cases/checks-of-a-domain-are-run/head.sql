create function z_helper(v text) returns boolean language sql immutable as 'select length(v) > 0';
create function wrapper(v text) returns boolean language plpgsql immutable as $$ begin return z_helper(v); end $$;
create domain checked as text constraint checked_ok check (wrapper(value));
create table entries (id bigint primary key, val checked default 'ok', vals checked[] default '{ok}');
