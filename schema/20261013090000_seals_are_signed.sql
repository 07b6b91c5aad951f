-- The maintenance signs what it seals, with a key that the database does not have.

-- migrate:up

set local lock_timeout = '5s';
grant select on audit_seals to solitude_ops;
grant update (signature, signed_by) on audit_seals to solitude_ops;

-- migrate:down

revoke select, update (signature, signed_by) on audit_seals from solitude_ops;
