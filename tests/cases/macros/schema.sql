create table users (id int primary key, email text not null unique, nick text, tags text[] not null default '{}', score numeric, created_at timestamptz not null default now());
create function search(term text, max_rows int default 3) returns setof users language sql as 'select * from users where email like term limit max_rows';
