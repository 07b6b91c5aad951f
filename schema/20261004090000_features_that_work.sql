-- What could be stored and not be used: passkeys, changes that wait for an approval.

-- migrate:up

create table sign_in_challenges (
  challenge_hash sha256_digest primary key,
  user_id uuid references users (id) on delete cascade,
  purpose text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint sign_in_challenges_purpose_check check (purpose in ('register_passkey', 'sign_in')),
  constraint sign_in_challenges_expires_at_check check (expires_at > created_at)
);
comment on table sign_in_challenges is 'What an authenticator was asked to sign. Each is used once.';
comment on column sign_in_challenges.challenge_hash is 'The hash of the challenge; the challenge is in the browser only.';
comment on column sign_in_challenges.user_id is 'Null while the authenticator is to say who it is.';
create index sign_in_challenges_user_idx on sign_in_challenges (user_id);
create index sign_in_challenges_expires_at_idx on sign_in_challenges (expires_at);

alter table configuration_versions add column id uuid;
comment on column configuration_versions.id is
  'What an approval is about, where the version waits for one. Null for those that were in force at once.';

-- A version that waits for an approval is in force from the moment of the decision.
create function apply_approved_configuration() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update configurations c
  set current_version = v.version
  from configuration_versions v
  where v.workspace_id = new.workspace_id and v.id = new.subject_id
    and c.workspace_id = v.workspace_id and c.id = v.configuration_id;
  return null;
end
$$;
comment on function apply_approved_configuration() is
  'Trigger: an approved version of a setting is put in force, also of one that is locked.';
revoke execute on function apply_approved_configuration() from public;

create trigger apply_approved_configuration after update of status on approval_requests
  for each row
  when (new.status = 'approved' and old.status <> 'approved' and new.subject_kind = 'configuration_version')
  execute function apply_approved_configuration();

-- Keys that are inserted in order keep their index in few pages: 48 bits of milliseconds, then random ones (RFC 9562).
create function uuid_v7() returns uuid
language sql volatile parallel safe
return encode(
  set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
  'hex')::uuid;
comment on function uuid_v7() is 'A UUID that sorts by the time at which it was made.';

alter table users alter column id set default uuid_v7();
alter table sessions alter column id set default uuid_v7();
alter table credentials alter column id set default uuid_v7();
alter table listings alter column id set default uuid_v7();

-- Search in the listing's own language; words as they are, tags above all, are found in every language.
alter table listings
  add column language text not null default 'en',
  add column document tsvector;
alter table listings add constraint listings_language_check check (language ~ '^[a-z]{2}$') not valid;
comment on column listings.language is 'The language of its texts, an ISO 639-1 code.';
comment on column listings.document is
  'What the catalogue''s search looks at: title, then tags and summary, then text; by stem, and by word. Set by a trigger.';

create function search_configuration(language text) returns regconfig
language sql immutable parallel safe
return (case language
  when 'da' then 'danish' when 'de' then 'german' when 'en' then 'english' when 'es' then 'spanish'
  when 'fi' then 'finnish' when 'fr' then 'french' when 'hu' then 'hungarian' when 'it' then 'italian'
  when 'nl' then 'dutch' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian'
  when 'ru' then 'russian' when 'sv' then 'swedish' when 'tr' then 'turkish'
  else 'simple' end)::regconfig;
comment on function search_configuration(text) is 'How texts of a language are searched; by word where it is not known.';

create function write_listing_document() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  stems regconfig := search_configuration(new.language);
  tags text := array_to_string(new.tags, ' ');
begin
  new.document :=
    setweight(to_tsvector(stems, new.title) || to_tsvector('simple', new.title), 'A')
    || setweight(to_tsvector(stems, tags) || to_tsvector('simple', tags), 'B')
    || setweight(to_tsvector(stems, new.summary) || to_tsvector('simple', new.summary), 'B')
    || setweight(to_tsvector(stems, new.description), 'D');
  return new;
end
$$;
comment on function write_listing_document() is 'Trigger: keeps what is searched as the texts are.';
revoke execute on function write_listing_document() from public;

create trigger write_listing_document before insert or update of language, title, tags, summary, description on listings
  for each row execute function write_listing_document();

-- Erasing a workspace: what refers to rows that go in the same transaction is looked at when all are gone.
alter table approval_requests alter constraint approval_requests_workspace_id_workflow_id_fkey deferrable initially deferred;
alter table approval_decisions alter constraint approval_decisions_workspace_id_request_id_step_position_fkey deferrable initially deferred;
alter table agent_version_tools alter constraint agent_version_tools_workspace_id_tool_version_id_fkey deferrable initially deferred;
alter table dataset_versions alter constraint dataset_versions_workspace_id_parent_version_id_fkey deferrable initially deferred;
alter table dataset_version_files alter constraint dataset_version_files_workspace_id_file_id_fkey deferrable initially deferred;
alter table reviews alter constraint reviews_workspace_id_installation_id_fkey deferrable initially deferred;
alter table jobs alter constraint jobs_workspace_id_parent_job_id_fkey deferrable initially deferred;
alter table jobs alter constraint jobs_workspace_id_agent_version_id_fkey deferrable initially deferred;
alter table jobs alter constraint jobs_workspace_id_installation_id_fkey deferrable initially deferred;
alter table jobs alter constraint jobs_workspace_id_activity_schema_id_activity_schema_versi_fkey deferrable initially deferred;
alter table jobs alter constraint jobs_workspace_id_approval_request_id_fkey deferrable initially deferred;
alter table listings alter constraint listings_publisher_workspace_id_agent_id_agent_version_id_fkey deferrable initially deferred;
alter table listings alter constraint listings_publisher_workspace_id_fkey deferrable initially deferred;

-- Others' installations and reviews keep a listing, without its publisher and without a word of theirs.
create function leave_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from approval_decisions d where d.workspace_id = old.id;
  delete from approval_requests r where r.workspace_id = old.id;
  update listings l
  set status = 'withdrawn', title = 'Withdrawn', summary = '', description = '', tags = '{}', publisher_workspace_id = null
  where l.publisher_workspace_id = old.id;
  return old;
end
$$;
comment on function leave_workspace() is
  'Trigger: with a workspace everything of it goes, but what others have of its listings, the trail and the bill.';
revoke execute on function leave_workspace() from public;

-- solitude-gen-ignore drop-not-null queries join listings to publishers, and find none of what was withdrawn for good
alter table listings alter column publisher_workspace_id drop not null;

create trigger leave_workspace before delete on workspaces for each row execute function leave_workspace();

-- The queue. Of what waits, the index that is polled has only what can run now, tenant by tenant; a lease is in none.
alter table jobs add column is_ready boolean not null default true;
comment on column jobs.is_ready is 'Whether it could run when it was queued; what is scheduled for later is found by its time.';

create function note_job_readiness() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  new.is_ready := new.run_after <= clock_timestamp();
  return new;
end
$$;
comment on function note_job_readiness() is 'Trigger: keeps what is scheduled for later out of the queue that is polled.';
revoke execute on function note_job_readiness() from public;
create trigger note_job_readiness before insert or update of run_after on jobs
  for each row execute function note_job_readiness();

-- migrate:down

drop trigger note_job_readiness on jobs;
drop function note_job_readiness();
alter table jobs drop column is_ready;
drop trigger leave_workspace on workspaces;
drop function leave_workspace();
alter table listings alter column publisher_workspace_id set not null;
drop trigger write_listing_document on listings;
drop function write_listing_document();
drop function search_configuration(text);
alter table listings drop column document, drop column language;
alter table users alter column id set default gen_random_uuid();
alter table sessions alter column id set default gen_random_uuid();
alter table credentials alter column id set default gen_random_uuid();
alter table listings alter column id set default gen_random_uuid();
drop function uuid_v7();
drop trigger apply_approved_configuration on approval_requests;
drop function apply_approved_configuration();
alter table configuration_versions drop column id;
drop table sign_in_challenges;
