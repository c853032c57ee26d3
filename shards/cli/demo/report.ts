import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { tableLines } from "../table.ts";

/** An invoice in full, line by line with the tiers it fell in. */
export function invoiceText(invoice: Invoice, customer: string): string {
  const rows: string[][] = [];
  for (const line of invoice.line_items) {
    rows.push([line.description, line.quantity, line.unit_amount ?? "by tier", line.amount]);
    for (const tier of line.tiers ?? []) {
      const bound = tier.up_to === null ? "beyond" : `up to ${tier.up_to}`;
      rows.push([`  ${bound}`, tier.quantity, tier.unit_amount ?? "", tier.amount]);
    }
  }
  rows.push(["Total", "", "", `${invoice.total} ${invoice.currency}`]);
  const day = (text: string | null) => (text ?? "").slice(0, 10);
  const head = [
    `Invoice ${invoice.number} for ${customer}, ${invoice.status}`,
    `${day(invoice.period_start)} to ${day(invoice.period_end)}, issued ${day(invoice.issued_at)}, due ${day(invoice.due_at)}`,
  ];
  return [...head, "", ...tableLines(["Line", "Quantity", "Unit", "Amount"], rows, [1, 2, 3])].join("\n");
}

/** Three requests that run as they stand. */
export function nextSteps(url: string, apiKey: string): string {
  const json = `-H 'Content-Type: application/json'`;
  const event = `{"event_id":"try-1","event_type":"api_call","customer_id":"cust_abc","properties":{}}`;
  const simulation =
    `{"customer_id":"cust_abc","plan_id":"plan_pro","period_start":"2026-02-01T00:00:00Z",` +
    `"period_end":"2026-03-01T00:00:00Z","simulated_events":[{"event_type":"api_call","count":150000},` +
    `{"event_type":"storage","gb":250}]}`;
  return [
    `curl -s '${url}/api/v1/usage/events?wait=applied' -H 'X-API-Key: ${apiKey}' ${json} -d '${event}'`,
    `curl -s '${url}/api/v1/spend-control/status?customer_id=cust_abc' -H 'X-API-Key: ${apiKey}'`,
    `curl -s '${url}/api/v1/admin/simulation/invoice' -H 'X-API-Key: ${apiKey}' ${json} -d '${simulation}'`,
  ].join("\n");
}
