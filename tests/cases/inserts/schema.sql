create table orgs (id bigint primary key, name text not null, nick text, kind text check (kind in ('a','b')) not null);
create table members (org_id bigint not null references orgs, user_id bigint not null, role text);
