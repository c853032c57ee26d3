import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { type Aggregate, apply, newAggregate, quantityOf } from "../../src/metering/aggregate.ts";
import { matches } from "../../src/metering/filter.ts";
import { type Properties, propertyAt } from "../../src/metering/property.ts";
import type { Grouping, UsageCell } from "../../src/metering/usage_question.ts";
import { isValueError, meteredValue } from "../../src/metering/value.ts";
import { ONE } from "../../src/money/decimal.ts";
import { readJson } from "../../src/money/json.ts";
import type { ReportRow, ReportRows } from "../../src/ports/report_rows.ts";
import { canonicalText } from "../../src/scalar.ts";
import { durationMs } from "../../src/time/period.ts";
import { type Report, windowOf } from "./report.ts";

interface OpenCell {
  readonly window: number;
  readonly group: readonly (string | null)[];
  readonly aggregate: Aggregate;
  events: number;
}

/**
 * The cells of a report, worked out from the stored events by metering itself.
 * Throws RES_002 where those are more than `limits.reportEventsMax`; DEP_001 where the store is away.
 */
export async function cellsFromStore(report: Report, rows: ReportRows): Promise<UsageCell[]> {
  const { question } = report;
  const { companyId, customerIds, eventTypes, boundaries } = question;
  const scope = { companyId, customerIds, eventTypes, from: boundaries[0] ?? 0, to: boundaries.at(-1) ?? 0 };
  const cells = new Map<string, OpenCell>();
  let after: ReportRow | null = null;
  for (let read = 0; ; ) {
    const page: ReportRow[] = await rows.page(scope, after, limits.reportEventsPerPage);
    read += page.length;
    if (read > limits.reportEventsMax) {
      const msg = `Only analytics can look at more than ${limits.reportEventsMax} events at once, and it cannot answer this now; ask for less`;
      throw new BillingError("RES_002", msg);
    }
    for (const row of page) count(report, row, cells);
    after = page.at(-1) ?? null;
    if (page.length < limits.reportEventsPerPage) break;
  }
  return [...cells.values()].map((cell) => closed(report, cell));
}

function count({ question, metric }: Report, row: ReportRow, cells: Map<string, OpenCell>): void {
  if (question.subscriptionIds !== null && !question.subscriptionIds.includes(row.subscriptionId)) return;
  const properties = readJson(row.properties) as Properties;
  if (!matches(question.filters, properties)) return;
  const metered = meteredValue(metric, properties);
  if (isValueError(metered)) return;
  const window = windowAt(question.boundaries, row.occurredAt);
  const group = question.groupBy.map((grouping) => groupOf(grouping, row, properties));
  const name = JSON.stringify([window, group]);
  const known = cells.get(name);
  const cell = known ?? { window, group, aggregate: newAggregate(metric), events: 0 };
  if (known === undefined) {
    if (cells.size >= limits.reportCellsMax) {
      throw new BillingError("RES_002", `These are more than ${limits.reportCellsMax} rows; ask for less`);
    }
    cells.set(name, cell);
  }
  cell.events++;
  const { value, removes } = metered;
  apply(metric, cell.aggregate, { value, removes, at: row.occurredAt, order: row.seq, times: ONE });
}

function closed(
  { question, metric, timezone }: Report,
  { window, group, aggregate, events }: OpenCell,
): UsageCell {
  const period = windowOf(question, window);
  const span = { ...period, wholeMs: durationMs(period), timezone };
  return { window, group, value: quantityOf(metric, aggregate, span), events };
}

function groupOf(grouping: Grouping, row: ReportRow, properties: Properties): string | null {
  switch (grouping.by) {
    case "property":
      return canonicalText(propertyAt(properties, grouping.field));
    case "customer":
      return row.customerId;
    case "subscription":
      return row.subscriptionId;
    case "event_type":
      return row.eventType;
  }
}

/** The window an instant of the question falls in. */
function windowAt(boundaries: readonly number[], at: number): number {
  let low = 0;
  let high = boundaries.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((boundaries[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
