-- The first tables: companies and their catalog, partitions, facts and usage, documents of the API.
-- Ids are text, instants are bigint milliseconds since the epoch, digests are 128 bits in a uuid, money is numeric.
-- What is answered as it stands is json, which keeps the order of fields; what is looked into is jsonb.
--
-- Two roles. billai_request serves HTTP: policies show it one company, named per transaction by the setting
-- billai.company. billai_shard makes the commits and sees all companies.

do $$
begin
  if not exists (select from pg_roles where rolname = 'billai_request') then
    create role billai_request nologin;
    execute format('grant billai_request to %I', current_user); -- making a role is not yet to be allowed to act in it
  end if;
  if not exists (select from pg_roles where rolname = 'billai_shard') then
    create role billai_shard nologin;
    execute format('grant billai_shard to %I', current_user);
  end if;
end
$$;

grant usage on schema public to billai_request, billai_shard;

create table companies (
  id text collate "C" primary key,
  name text not null,
  settings jsonb not null default '{}',
  catalog_version bigint not null default 1,
  next_invoice bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null
);

create table catalog (
  company_id text collate "C" not null references companies,
  kind text not null,
  id text collate "C" not null,
  version int not null,
  key text,
  body json not null,
  archived boolean not null default false,
  created_at bigint not null,
  primary key (company_id, id, version)
);
create index catalog_by_kind on catalog (company_id, kind, created_at, id);

-- Names only one may hold: external ids and keys.
create table claims (
  company_id text collate "C" not null references companies,
  kind text not null,
  value text collate "C" not null,
  id text collate "C" not null,
  primary key (company_id, kind, value)
);

create table partitions (
  id int primary key,
  epoch bigint not null,
  commit_seq bigint not null,
  next_offset bigint not null,
  next_index int not null
);

create table facts (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  seq bigint not null,
  type text not null,
  at bigint not null,
  body jsonb not null,
  partition int not null,
  commit_seq bigint not null,
  primary key (company_id, customer_id, seq)
);

-- The facts of metering, apart because of their number. No row-level security: columnar storage refuses it.
create table usage_events (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  seq bigint not null,
  event_id text not null,
  source text not null,
  event_type text not null,
  subscription_id text collate "C" not null,
  occurred_at bigint not null,
  received_at bigint not null,
  recorded_at bigint not null,
  properties jsonb not null,
  charge numeric not null,
  currency text not null,
  while_suspended boolean not null,
  partition int not null,
  commit_seq bigint not null,
  primary key (company_id, customer_id, seq)
);
create index usage_events_by_time on usage_events (company_id, customer_id, occurred_at);

-- The only judge of what is new.
create table usage_identities (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  digest uuid not null,
  fingerprint uuid not null,
  verdict text not null,
  seq bigint not null,
  primary key (company_id, customer_id, digest)
);

create table snapshots (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  seq bigint not null,
  version int not null,
  body text not null,
  primary key (company_id, customer_id)
);

-- An index of what the actors would say themselves, so that passive ones are woken too.
create table wakes (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  partition int not null,
  clock_id text collate "C",
  next_wake bigint not null,
  primary key (company_id, customer_id)
);
create index wakes_on_real_time on wakes (next_wake) where clock_id is null;
create index wakes_on_test_clocks on wakes (clock_id, next_wake) where clock_id is not null;

create table customers (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  external_id text collate "C" generated always as (body ->> 'external_id') stored,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create unique index customers_by_external_id on customers (company_id, external_id);
create index customers_by_time on customers (company_id, created_at, id);

create table subscriptions (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  external_id text collate "C" generated always as (body ->> 'external_id') stored,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create unique index subscriptions_by_external_id on subscriptions (company_id, external_id);
create index subscriptions_by_time on subscriptions (company_id, created_at, id);
create index subscriptions_by_customer on subscriptions (company_id, customer_id, created_at);

create table invoices (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  number text generated always as (body ->> 'number') stored,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create unique index invoices_by_number on invoices (company_id, number);
create index invoices_by_time on invoices (company_id, created_at, id);
create index invoices_by_customer on invoices (company_id, customer_id, created_at);

create table spend_limits (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index spend_limits_by_customer on spend_limits (company_id, customer_id, created_at);

create table spend_alerts (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index spend_alerts_by_customer on spend_alerts (company_id, customer_id, created_at);

create table orphan_events (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_ref text not null,
  reason text not null,
  state text not null,
  event_type text not null,
  event jsonb not null,
  received_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index orphan_events_by_time on orphan_events (company_id, received_at, id);

-- Records no decision could be made on, kept with the reason; a partition passes over them once.
create table dead_letters (
  partition int not null,
  log_offset bigint not null,
  log_index int not null,
  reason text not null,
  record text not null,
  at bigint not null,
  primary key (partition, log_offset, log_index)
);

create table test_clocks (
  company_id text collate "C" not null references companies,
  id text collate "C" not null,
  name text not null,
  now_at bigint not null,
  target_at bigint,
  created_at bigint not null,
  primary key (company_id, id)
);

-- Row-level security, forced, on every table that belongs to a company but usage_events.
alter table companies enable row level security, force row level security;
create policy one_company on companies to billai_request
  using (id = current_setting('billai.company', true));
create policy all_companies on companies to billai_shard using (true) with check (true);

do $$
declare
  name text;
begin
  foreach name in array array[
    'catalog', 'claims', 'facts', 'usage_identities', 'snapshots', 'wakes', 'customers', 'subscriptions',
    'invoices', 'spend_limits', 'spend_alerts', 'orphan_events', 'test_clocks'
  ]
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

create view usage_events_of_company with (security_barrier) as
  select * from usage_events where company_id = current_setting('billai.company', true);

grant select on usage_events_of_company, usage_identities, customers, subscriptions, invoices, spend_limits,
  spend_alerts, orphan_events to billai_request;
grant select, update on companies to billai_request;
grant select, insert, update on catalog, claims, test_clocks to billai_request;
-- An archived object gives its key back; an orphan offered again under its customer's own id leaves its list.
grant delete on claims to billai_request;
grant update on orphan_events to billai_request;

grant select, insert, update, delete on companies, catalog, claims, partitions, facts, usage_events,
  usage_identities, snapshots, wakes, customers, subscriptions, invoices, spend_limits, spend_alerts,
  orphan_events, dead_letters, test_clocks to billai_shard;
