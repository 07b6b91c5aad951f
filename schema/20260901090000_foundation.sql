-- What the other migrations build on: domains, shared composite types, and the trigger that keeps
-- `updated_at`.
--
-- Conventions of this schema
--   * Keys are random UUIDs. A table that belongs to a tenant has the primary key `(workspace_id, id)`, and
--     its foreign keys carry `workspace_id`, so that no row can point into another tenant and the tables can
--     be distributed by it.
--   * Tables of the platform itself (users, categories, listings) have the primary key `id`; once the tenant
--     tables are distributed, these are copied to every node.
--   * Secrets are never stored: only hashes of them, or references into the secret store.

-- migrate:up

create domain email_address as text
  constraint email_address_is_lower_case check (value = lower(value))
  constraint email_address_has_a_domain check (value ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(value) <= 254);
comment on domain email_address is 'An e-mail address in lower case, so that equality is what people expect.';

create domain url_slug as text
  constraint url_slug_is_well_formed
    check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) between 2 and 63);
comment on domain url_slug is 'A name that is safe in a URL: lower-case words joined by single hyphens.';

create domain sha256_digest as bytea
  constraint sha256_digest_has_32_bytes check (octet_length(value) = 32);
comment on domain sha256_digest is 'The 32 bytes of a SHA-256 hash.';

create domain semantic_version as text
  constraint semantic_version_is_well_formed
  check (value ~ '^((0|[1-9]\d{0,5})\.){2}(0|[1-9]\d{0,5})(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$');
comment on domain semantic_version is
  'A version as semver.org defines it: major.minor.patch, pre-release and build.';

create domain json_document as jsonb
  constraint json_document_is_an_object check (jsonb_typeof(value) = 'object');
comment on domain json_document is 'A JSON document whose root is an object.';

create domain secret_reference as text
  constraint secret_reference_names_a_store check (value ~ '^(vault|aws-sm|gcp-sm|azure-kv)://[^\s]+$');
comment on domain secret_reference is 'Where the secret store keeps a secret. Never the secret itself.';

create domain currency_code as text
  constraint currency_code_is_iso_4217 check (value ~ '^[A-Z]{3}$');

create type price as (
  amount_minor bigint,
  currency currency_code
);
comment on type price is 'An amount of money in the minor unit of its currency: 1999 USD is $19.99.';

create type run_limits as (
  max_steps integer,
  max_seconds integer,
  max_tokens bigint
);
comment on type run_limits is
  'What one run of an agent may use. A null field means: the limit of the workspace''s plan.';

create function touch_updated_at() returns trigger
language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function touch_updated_at() is 'Trigger: stamps updated_at whenever a row changes.';

create function semantic_version_order(version text) returns integer[]
language sql immutable strict parallel safe
return string_to_array(split_part(split_part(version, '+', 1), '-', 1), '.')::integer[];
comment on function semantic_version_order(text) is
  'Major, minor and patch as numbers, so that 1.10.0 sorts after 1.9.0. Pre-releases sort with their '
  'release.';

-- convert_to() is only called stable because an encoding conversion can be redefined; from text to UTF8
-- nobody does that.
create function text_sha256(content text) returns sha256_digest
language sql immutable strict parallel safe
return sha256(convert_to(content, 'UTF8'))::sha256_digest;
comment on function text_sha256(text) is 'The SHA-256 hash of a text in UTF-8, for generated columns.';

-- migrate:down

drop function text_sha256(text);
drop function semantic_version_order(text);
drop function touch_updated_at();
drop type run_limits;
drop type price;
drop domain currency_code;
drop domain secret_reference;
drop domain json_document;
drop domain semantic_version;
drop domain sha256_digest;
drop domain url_slug;
drop domain email_address;
