-- Who has redeemed which coupon: counted across customers, in the transaction that redeems one.

create table coupon_redemptions (
  company_id text collate "C" not null,
  coupon_id text collate "C" not null,
  subscription_id text collate "C" not null,
  customer_id text collate "C" not null,
  at bigint not null,
  primary key (company_id, coupon_id, subscription_id)
);

alter table coupon_redemptions enable row level security, force row level security;
create policy one_company on coupon_redemptions to billai_request
  using (company_id = current_setting('billai.company', true));
create policy all_companies on coupon_redemptions to billai_shard using (true) with check (true);

grant select, insert on coupon_redemptions to billai_shard;
