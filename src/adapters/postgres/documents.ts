import type { Sql } from "postgres";
import type {
  Document,
  Documents,
  DocumentTable,
  ListPage,
  ResolvedCustomer,
} from "../../ports/documents.ts";
import type { IdentityVerdict } from "../../ports/stored_rows.ts";
import { asCompany } from "./as_company.ts";
import { type OrphanRecord, orphanOf } from "./orphans.ts";
import { pageClause } from "./pages.ts";

interface DocumentRecord {
  id: string;
  created_at: string;
  body: Record<string, unknown>;
}
const withExternalId: ReadonlySet<DocumentTable> = new Set(["customers", "subscriptions"]);

/** What requests read, in Postgres. @param sql a pool of the role billai_request */
export function postgresDocuments(sql: Sql): Documents {
  return {
    get: (companyId, table, ref) =>
      asCompany(sql, companyId, async (tx) => {
        const byName = withExternalId.has(table) ? tx`or external_id = ${ref}` : tx``;
        const [row] = await tx<DocumentRecord[]>`
          select id, created_at, body from ${tx(table)} where id = ${ref} ${byName} order by id = ${ref} desc limit 1`;
        return row === undefined ? null : documentOf(row);
      }),
    list: (companyId, table, page) =>
      asCompany(sql, companyId, async (tx) => {
        const rows = await tx<DocumentRecord[]>`
          select id, created_at, body from ${tx(table)}
          where ${pageClause(tx, page, "created_at", (field) => tx`body ->> ${field}`)}`;
        return rows.map(documentOf);
      }),
    getOrphan: (companyId, id) =>
      asCompany(sql, companyId, async (tx) => {
        const [row] = await tx<
          OrphanRecord[]
        >`select *, event::text as event from orphan_events where id = ${id}`;
        return row === undefined ? null : orphanOf(row);
      }),
    listOrphans: (companyId, page: ListPage) =>
      asCompany(sql, companyId, async (tx) => {
        const rows = await tx<OrphanRecord[]>`
          select *, event::text as event from orphan_events
          where ${pageClause(tx, page, "received_at", (field) => tx`${tx(field)}`, page.first)}`;
        return rows.map(orphanOf);
      }),
    resolveCustomers: (companyId, refs) =>
      asCompany(sql, companyId, async (tx) => {
        const rows = await tx<{ id: string; external_id: string | null; clock: string | null }[]>`
          select id, external_id, body ->> 'test_clock_id' as clock from customers
          where id = any(${[...refs]}::text[]) or external_id = any(${[...refs]}::text[])`;
        const asked = new Set(refs);
        const found = new Map<string, ResolvedCustomer>();
        for (const row of rows) {
          const customer = { id: row.id, testClockId: row.clock };
          if (row.external_id !== null && asked.has(row.external_id)) found.set(row.external_id, customer);
        }
        for (const row of rows)
          if (asked.has(row.id)) found.set(row.id, { id: row.id, testClockId: row.clock });
        return found;
      }),
    usageBetween: (companyId, customerId, period, after, limit) =>
      asCompany(sql, companyId, async (tx) => {
        const beyond =
          after === null ? tx`` : tx`and (occurred_at, seq) > (${after.occurredAt}, ${after.seq})`;
        const rows = await tx<{ seq: string; event_type: string; occurred_at: string; properties: string }[]>`
          select seq, event_type, occurred_at, properties::text as properties from usage_events_of_company
          where company_id = ${companyId} and customer_id = ${customerId} and voided_at is null
            and occurred_at >= ${period.start} and occurred_at < ${period.end} ${beyond}
          order by occurred_at, seq limit ${limit}`;
        return rows.map((row) => ({
          seq: Number(row.seq),
          eventType: row.event_type,
          occurredAt: Number(row.occurred_at),
          properties: row.properties,
        }));
      }),
    usageEvent: (companyId, customerId, digest) =>
      asCompany(sql, companyId, async (tx) => {
        const [row] = await tx<UsageEventRecord[]>`
          select i.verdict, e.event_id, e.source, e.event_type, e.subscription_id, e.occurred_at, e.received_at,
            e.properties::text as properties, e.charge::text as charge, e.currency, e.while_suspended,
            e.voided_at
          from usage_identities i left join usage_events_of_company e
            on e.company_id = i.company_id and e.customer_id = i.customer_id and e.seq = i.seq
            and i.verdict in ('applied', 'voided')
          where i.customer_id = ${customerId} and i.digest = ${digest}`;
        if (row === undefined) return null;
        return { verdict: row.verdict, event: row.event_id === null ? null : usageEventOf(row, customerId) };
      }),
  };
}

interface UsageEventRecord {
  verdict: IdentityVerdict;
  event_id: string | null;
  source: string;
  event_type: string;
  subscription_id: string;
  occurred_at: string;
  received_at: string;
  properties: string;
  charge: string;
  currency: string;
  while_suspended: boolean;
  voided_at: string | null;
}

function usageEventOf(row: UsageEventRecord, customerId: string) {
  return {
    eventId: row.event_id ?? "",
    source: row.source,
    eventType: row.event_type,
    customerId,
    subscriptionId: row.subscription_id,
    occurredAt: Number(row.occurred_at),
    receivedAt: Number(row.received_at),
    properties: row.properties,
    charge: row.charge,
    currency: row.currency,
    whileSuspended: row.while_suspended,
    voidedAt: row.voided_at === null ? null : Number(row.voided_at),
  };
}

function documentOf(row: DocumentRecord): Document {
  return { id: row.id, createdAt: Number(row.created_at), body: row.body };
}
