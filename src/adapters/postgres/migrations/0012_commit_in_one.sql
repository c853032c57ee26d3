-- What nearly every commit consists of, as one statement instead of one for each table: a batch of usage needs no other,
-- and as it is a transaction by itself, nothing has to be begun or ended.
--
-- Each group of arrays is the columns of some rows. Raises BA001 where the partition has been moved on by its owner or an
-- earlier commit, BA002 where an identity is known; both before anything is looked at that may not be storable.
create function commit_rows(
  p_id int, p_epoch bigint, p_commit_seq bigint, p_next_offset bigint, p_next_index int,
  i_company text[], i_customer text[], i_digest uuid[], i_fingerprint uuid[], i_verdict text[], i_seq bigint[],
  u_company text[], u_customer text[], u_seq bigint[], u_event_id text[], u_source text[], u_event_type text[],
  u_subscription text[], u_occurred_at bigint[], u_received_at bigint[], u_recorded_at bigint[], u_properties text[],
  u_charge text[], u_currency text[], u_while_suspended boolean[],
  w_company text[], w_customer text[], w_clock text[], w_next bigint[],
  s_company text[], s_customer text[], s_seq bigint[], s_version int[], s_body text[], s_usage_since bigint[],
  -- Transfers that nothing can refuse: between open accounts without bounds, of known companies.
  t_slot int, t_company text[], t_id uuid[], t_debit uuid[], t_credit uuid[], t_amount numeric[], t_ledger int[],
  t_code int[], t_at bigint[], t_reference uuid[]
) returns void language plpgsql as $$
declare
  new_identities bigint;
begin
  update partitions set commit_seq = commit_seq + 1, next_offset = p_next_offset, next_index = p_next_index
  where id = p_id and epoch = p_epoch and commit_seq = p_commit_seq;
  if not found then
    raise exception 'the partition has moved on' using errcode = 'BA001';
  end if;

  if cardinality(i_seq) > 0 then
    insert into usage_identities (company_id, customer_id, digest, fingerprint, verdict, seq)
    select * from unnest(i_company, i_customer, i_digest, i_fingerprint, i_verdict, i_seq)
    on conflict do nothing;
    get diagnostics new_identities = row_count;
    if new_identities < cardinality(i_seq) then
      raise exception 'identities are known' using errcode = 'BA002';
    end if;
  end if;

  if cardinality(u_seq) > 0 then
    insert into usage_events (company_id, customer_id, seq, event_id, source, event_type, subscription_id, occurred_at,
      received_at, recorded_at, properties, charge, currency, while_suspended, partition, commit_seq)
    select u.*, p_id, p_commit_seq + 1 from unnest(u_company, u_customer, u_seq, u_event_id, u_source, u_event_type,
      u_subscription, u_occurred_at, u_received_at, u_recorded_at, u_properties::jsonb[], u_charge::numeric[], u_currency,
      u_while_suspended) as u;
  end if;

  if cardinality(w_next) > 0 then
    insert into wakes (company_id, customer_id, clock_id, next_wake, partition)
    select w.*, p_id from unnest(w_company, w_customer, w_clock, w_next) as w
    on conflict (company_id, customer_id) do update set next_wake = excluded.next_wake, clock_id = excluded.clock_id
    where wakes.next_wake <> excluded.next_wake or wakes.clock_id is distinct from excluded.clock_id;
  end if;

  if cardinality(s_seq) > 0 then
    insert into snapshots (company_id, customer_id, seq, version, body, usage_since)
    select * from unnest(s_company, s_customer, s_seq, s_version, s_body, s_usage_since)
    on conflict (company_id, customer_id) do update
    set seq = excluded.seq, version = excluded.version, body = excluded.body, usage_since = excluded.usage_since;
  end if;

  -- Balances follow what is new, so that posting twice changes nothing.
  if cardinality(t_id) > 0 then
    with posted as (
      insert into ledger_transfers (company_id, id, kind, debit, credit, amount, ledger, code, at, reference)
      select company_id, id, 'posted', debit, credit, amount, ledger, code, at, reference
      from unnest(t_company, t_id, t_debit, t_credit, t_amount, t_ledger, t_code, t_at, t_reference)
        as t(company_id, id, debit, credit, amount, ledger, code, at, reference)
      on conflict (id) do nothing
      returning company_id, debit, credit, amount
    )
    insert into ledger_balances (company_id, account_id, slot, debits_posted, credits_posted)
    select company_id, account_id, t_slot, sum(debits), sum(credits) from (
      select company_id, debit as account_id, amount as debits, 0 as credits from posted
      union all select company_id, credit, 0, amount from posted) as moves
    group by company_id, account_id order by account_id
    on conflict (account_id, slot) do update set
      debits_posted = ledger_balances.debits_posted + excluded.debits_posted,
      credits_posted = ledger_balances.credits_posted + excluded.credits_posted;
  end if;
end
$$;

revoke execute on function commit_rows from public;
grant execute on function commit_rows to billai_shard;
