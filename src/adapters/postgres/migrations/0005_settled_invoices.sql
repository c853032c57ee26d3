-- What late usage and voids re-rate: issued invoices as they were rated, and the usage that counts no more.

create table settled_invoices (
  company_id text collate "C" not null,
  customer_id text collate "C" not null,
  invoice_id text collate "C" not null,
  subscription_id text collate "C" not null,
  -- What its usage periods cover together; the end is not in it.
  starts_at bigint not null,
  ends_at bigint not null,
  body text not null,
  primary key (company_id, customer_id, invoice_id)
);
-- By end: most of what is late belongs to the last invoice or two.
create index settled_invoices_by_time on settled_invoices (company_id, customer_id, subscription_id, ends_at);

alter table settled_invoices enable row level security, force row level security;
create policy one_company on settled_invoices to billai_request
  using (company_id = current_setting('billai.company', true));
create policy all_companies on settled_invoices to billai_shard using (true) with check (true);

alter table usage_events add column voided_at bigint;

create or replace view usage_events_of_company with (security_barrier) as
  select * from usage_events where company_id = current_setting('billai.company', true);

grant select, insert, update, delete on settled_invoices to billai_shard;
grant select on usage_events_of_company to billai_request;
