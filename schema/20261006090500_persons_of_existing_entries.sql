-- Whom the entries are about that were written before there were keys: in the clear, so their links alone are verified once
-- one of them is erased.

-- migrate:up

insert into audit_log_persons (workspace_id, seq, occurred_at, user_id, address_hash, is_actor, was_in_clear)
select l.workspace_id, l.seq, l.occurred_at, p.user_id, p.address_hash, p.is_actor, true
from audit_logs l, persons_of_audit_log(l) p
where num_nonnulls(l.target_key, l.details_key, l.address_key) = 0
  and not exists (select from audit_log_persons o where o.workspace_id = l.workspace_id and o.seq = l.seq);

-- migrate:down

delete from audit_log_persons where was_in_clear;
