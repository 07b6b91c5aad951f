-- What belongs to no workspace gets many chains instead of one, see 20261005090000_life_of_the_audit_trail.sql.

-- migrate:up

alter table audit_chain_heads add column lane smallint not null default 0;
comment on column audit_chain_heads.lane is 'Which of the chains under this id; a workspace has one, number 0.';

-- migrate:down

alter table audit_chain_heads drop column lane;
