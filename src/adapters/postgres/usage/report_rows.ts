import type { Sql } from "postgres";
import type { ReportRow, ReportRows } from "../../../ports/report_rows.ts";
import { asCompany } from "../as_company.ts";

interface Row {
  customer_id: string;
  seq: string;
  subscription_id: string;
  event_type: string;
  occurred_at: string;
  properties: string;
}

/** Usage for reports. @param sql a pool of the role billai_request */
export function postgresReportRows(sql: Sql): ReportRows {
  return {
    page: (scope, after, limit) =>
      asCompany(sql, scope.companyId, async (tx) => {
        const { customerIds, eventTypes, from, to } = scope;
        const rows = await tx<Row[]>`
          select customer_id, seq, subscription_id, event_type, occurred_at, properties::text as properties
          from usage_events_of_company
          where voided_at is null and occurred_at >= ${from} and occurred_at < ${to}
            ${customerIds === null ? tx`` : tx`and customer_id = any(${[...customerIds]}::text[])`}
            ${eventTypes === null ? tx`` : tx`and event_type = any(${[...eventTypes]}::text[])`}
            ${
              after === null
                ? tx``
                : tx`and (occurred_at, customer_id, seq) > (${after.occurredAt}, ${after.customerId}, ${after.seq})`
            }
          order by occurred_at, customer_id, seq limit ${limit}`;
        return rows.map(
          (row): ReportRow => ({
            customerId: row.customer_id,
            seq: Number(row.seq),
            subscriptionId: row.subscription_id,
            eventType: row.event_type,
            occurredAt: Number(row.occurred_at),
            properties: row.properties,
          }),
        );
      }),
  };
}
