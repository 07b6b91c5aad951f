-- database-settings

do $$ begin
  execute 'alter role diff_reader in database ' || quote_ident(current_database()) || ' reset lock_timeout';
end $$;

do $$ begin
  execute 'alter database ' || quote_ident(current_database()) || ' reset search_path';
end $$;

do $$ begin
  execute 'alter database ' || quote_ident(current_database()) || ' set TimeZone = ''UTC''';
end $$;

do $$ begin
  execute 'alter role diff_reader in database ' || quote_ident(current_database()) || ' set search_path = public, "$user"';
end $$;

do $$ begin
  execute 'alter database ' || quote_ident(current_database()) || ' set statement_timeout = ''9s''';
end $$;
