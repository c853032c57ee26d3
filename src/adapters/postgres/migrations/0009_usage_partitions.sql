-- Usage by the month it occurred in, and its totals by hour.
--
-- What there is already is not copied: it becomes the partition of everything before the next month. That takes the
-- time to read it once and to make its indexes. Rows from beyond that, which only test clocks have, are moved.

-- Nobody reads or writes a partition but through usage_events: no role has any rights on one.

drop view usage_events_of_company;
alter table usage_events rename to usage_events_before;
alter index usage_events_by_time rename to usage_events_before_by_time;
alter table usage_events_before drop constraint usage_events_pkey;
revoke all on usage_events_before from billai_shard;

-- The commit that voided a row, as commit_seq is the one that recorded it. Of older voids it is not known; such a row
-- counts in nothing that was derived from it so far.
alter table usage_events_before add column void_commit_seq bigint;
update usage_events_before set void_commit_seq = commit_seq where voided_at is not null;

create table usage_events (like usage_events_before) partition by range (occurred_at);
-- A unique key has to hold the time. That a number is given once is seen to by the fence.
alter table usage_events add primary key (company_id, customer_id, seq, occurred_at);
create index usage_events_by_time on usage_events (company_id, customer_id, occurred_at);
-- Who follows what was committed does so by these.
create index usage_events_by_commit on usage_events (partition, commit_seq);
create index usage_events_by_void on usage_events (partition, void_commit_seq) where void_commit_seq is not null;
create table usage_events_other partition of usage_events default;

do $$
declare
  next_month bigint :=
    (extract(epoch from date_trunc('month', now() at time zone 'UTC') + interval '1 month') * 1000)::bigint;
begin
  if not exists (select from usage_events_before) then
    drop table usage_events_before;
    return;
  end if;
  with beyond as (delete from usage_events_before where occurred_at >= next_month returning *)
  insert into usage_events select * from beyond;
  execute format(
    'alter table usage_events attach partition usage_events_before for values from (minvalue) to (%s)', next_month);
end
$$;

-- No usage after a snapshot occurred before this: where a recovery has to look for it. Null where that is not known.
alter table snapshots add column usage_since bigint;

create view usage_events_of_company with (security_barrier) as
  select * from usage_events where company_id = current_setting('billai.company', true);

grant select, insert, update, delete on usage_events to billai_shard;
grant select on usage_events_of_company to billai_request;

-- How much usage counts, by the hour it occurred in, and what was charged for it when it was recorded. For charts and
-- for comparing: never for bills. As of the commits in usage_totals_to.
create table usage_by_hour (
  company_id text collate "C" not null,
  hour bigint not null,
  customer_id text collate "C" not null,
  event_type text collate "C" not null,
  currency text collate "C" not null,
  events bigint not null,
  charge numeric not null,
  primary key (company_id, hour, customer_id, event_type, currency)
);

create table usage_totals_to (
  partition int primary key,
  commit_seq bigint not null
);

alter table usage_by_hour enable row level security, force row level security;
create policy one_company on usage_by_hour to billai_request
  using (company_id = current_setting('billai.company', true));
create policy all_companies on usage_by_hour to billai_shard using (true) with check (true);

grant select on usage_by_hour to billai_request;
grant select, insert, update on usage_by_hour, usage_totals_to to billai_shard;
