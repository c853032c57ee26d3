-- Who may do what: users and their sessions, API keys, signing keys; and the answers kept for Idempotency-Keys.
-- Secrets are stored as hashes: passwords as argon2id, refresh tokens and API keys as SHA-256.

create table users (
  company_id text collate "C" not null references companies,
  id text collate "C" not null,
  email text collate "C" not null,
  name text,
  password_hash text not null,
  role text not null,
  operator boolean not null default false,
  disabled_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
-- One login form serves all companies, so an address (in lower case) names one user.
create unique index users_by_email on users (email);
create index users_by_time on users (company_id, created_at, id);

-- One row per token ever given, so that one used twice is recognised; a session is a family of them.
create table refresh_tokens (
  company_id text collate "C" not null references companies,
  token_hash text collate "C" not null,
  session_id text collate "C" not null,
  user_id text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  revoked_at bigint,
  primary key (token_hash)
);
create index refresh_tokens_by_session on refresh_tokens (company_id, session_id);
create index refresh_tokens_by_user on refresh_tokens (company_id, user_id);

create table api_keys (
  company_id text collate "C" not null references companies,
  id text collate "C" not null,
  name text not null,
  mode text not null,
  prefix text not null,
  key_hash text collate "C" not null,
  scopes text[] not null,
  allowed_addresses text[] not null,
  expires_at bigint,
  revoked_at bigint,
  created_by text collate "C" not null,
  created_at bigint not null,
  primary key (company_id, id)
);
create unique index api_keys_by_hash on api_keys (key_hash);
create index api_keys_by_time on api_keys (company_id, created_at, id);

-- Keys of the platform itself, of no company: requests never read them.
create table signing_keys (
  realm text not null,
  generation int not null,
  id text collate "C" not null,
  secret text not null,
  created_at bigint not null,
  primary key (realm, generation)
);

-- `key` is a hash of the Idempotency-Key: an answer that holds a secret is encrypted under the key itself.
create table idempotency_keys (
  company_id text collate "C" not null references companies,
  key text collate "C" not null,
  method text not null,
  path text not null,
  request_hash text not null,
  status int not null,
  body text not null,
  created_at bigint not null,
  primary key (company_id, key)
);
create index idempotency_keys_by_time on idempotency_keys (created_at);

do $$
declare
  name text;
begin
  foreach name in array array['users', 'refresh_tokens', 'api_keys', 'idempotency_keys']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy one_company on %I to billai_request using (company_id = current_setting(''billai.company'', true))',
      name);
    execute format('create policy all_companies on %I to billai_shard using (true) with check (true)', name);
  end loop;
end
$$;
alter table signing_keys enable row level security, force row level security;
create policy platform_only on signing_keys to billai_shard using (true) with check (true);

grant select, insert, update on users, api_keys to billai_request;
grant select, insert, delete on idempotency_keys to billai_request;
-- Logging in finds a user, and an API key its company, before any company is known.
grant select, insert, update, delete on refresh_tokens to billai_shard;
grant select on users, api_keys to billai_shard;
-- A company comes with its first admin, in one transaction.
grant insert, update on users to billai_shard;
grant select, insert on signing_keys to billai_shard;
grant select, insert, delete on idempotency_keys to billai_shard;
