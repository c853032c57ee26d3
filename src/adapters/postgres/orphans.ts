import type { Sql } from "postgres";
import type { OrphanStore } from "../../ports/orphan_store.ts";
import type { OrphanRow } from "../../ports/stored_rows.ts";
import { asCompany } from "./as_company.ts";
import { onStore } from "./store_errors.ts";

export interface OrphanRecord {
  company_id: string;
  id: string;
  customer_ref: string;
  reason: string;
  state: OrphanRow["state"];
  event_type: string;
  event: string;
  received_at: string;
  updated_at: string;
  action: string | null;
  by: string | null;
  note: string | null;
}

/** An orphan event as stored; the query selects `event` as text. */
export function orphanOf(row: OrphanRecord): OrphanRow {
  return {
    companyId: row.company_id,
    id: row.id,
    customerRef: row.customer_ref,
    reason: row.reason,
    state: row.state,
    eventType: row.event_type,
    event: row.event,
    receivedAt: Number(row.received_at),
    updatedAt: Number(row.updated_at),
    action: row.action,
    by: row.by,
    note: row.note,
  };
}

/** Orphan events in Postgres. @param requests a pool of the role billai_request @param shard one of billai_shard */
export function postgresOrphanStore(requests: Sql, shard: Sql): OrphanStore {
  return {
    companiesWithOpen: () =>
      onStore(async () => {
        const rows = await shard<{ company_id: string }[]>`
          select id as company_id from companies c
          where exists (select from orphan_events o where o.company_id = c.id and o.state = 'open')`;
        return rows.map((row) => row.company_id);
      }),
    ripe: (companyId, after, limit) =>
      asCompany(requests, companyId, async (tx) => {
        const beyond =
          after === null ? tx`` : tx`and (o.received_at, o.id) > (${after.receivedAt}, ${after.id})`;
        const rows = await tx<OrphanRecord[]>`
          select o.*, o.event::text as event from orphan_events o
          where o.company_id = ${companyId} and o.state = 'open' ${beyond} and case o.reason
            when 'no_customer' then exists (select from customers c where c.company_id = o.company_id
              and (c.id = o.customer_ref or c.external_id = o.customer_ref))
            when 'no_metric' then exists (select from catalog m where m.company_id = o.company_id
              and m.kind = 'metric' and not m.archived and m.body ->> 'event_type' = o.event_type)
            when 'no_subscription' then ${changedSince()}
            when 'before_start' then ${changedSince()}
            when 'after_end' then ${changedSince()}
            else false end
          order by o.received_at, o.id limit ${limit}`;
        return rows.map(orphanOf);

        function changedSince() {
          return tx`exists (select from subscriptions s where s.company_id = o.company_id
            and s.customer_id = o.customer_ref and s.updated_at >= o.updated_at)`;
        }
      }),
    discard: (companyId, id, { by, note, at }) =>
      asCompany(requests, companyId, async (tx) => {
        const ended = await tx`
          update orphan_events set state = 'discarded', action = 'discard', by = ${by}, note = ${note},
            updated_at = ${at}
          where company_id = ${companyId} and id = ${id} and state = 'open'`;
        return ended.count === 1;
      }),
  };
}
