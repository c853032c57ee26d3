-- Documents of credit and contracts: grants, the history of the balance, contracts.

create table credit_grants (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index credit_grants_by_customer on credit_grants (company_id, customer_id, created_at);

create table credit_entries (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index credit_entries_by_customer on credit_entries (company_id, customer_id, created_at);

create table contracts (
  company_id text collate "C" not null,
  id text collate "C" not null,
  customer_id text collate "C" not null,
  status text not null,
  body json not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (company_id, id)
);
create index contracts_by_customer on contracts (company_id, customer_id, created_at);

do $$
declare
  name text;
begin
  foreach name in array array['credit_grants', 'credit_entries', 'contracts']
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

grant select on credit_grants, credit_entries, contracts to billai_request;
grant select, insert, update, delete on credit_grants, credit_entries, contracts to billai_shard;
