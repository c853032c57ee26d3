import { BillingError } from "../../src/errors.ts";
import { reportable, type UsageCell } from "../../src/metering/usage_question.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ReportRows } from "../../src/ports/report_rows.ts";
import type { UsageAnalytics } from "../../src/ports/usage_analytics.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { AnalyticsFeed } from "../analytics_feed.ts";
import { answered, type Report } from "./report.ts";
import { cellsFromStore } from "./store_report.ts";

/** A report's rows, which engine they come from, and as of when. */
export interface ReportAnswer {
  readonly rows: readonly UsageCell[];
  readonly hasMore: boolean;
  readonly source: "analytics" | "store";
  readonly asOf: Instant;
}

/** Answers reports: from analytics where it is there and up to date, else from the stored events. The numbers are the same. */
export class UsageReports {
  readonly #analytics: UsageAnalytics | null;
  readonly #feeding: Pick<AnalyticsFeed, "read"> | null;
  readonly #rows: ReportRows;
  readonly #clock: Clock;

  /** @param feeding knows whether analytics has everything */
  constructor(
    analytics: UsageAnalytics | null,
    feeding: Pick<AnalyticsFeed, "read"> | null,
    rows: ReportRows,
    clock: Clock,
  ) {
    this.#analytics = analytics;
    this.#feeding = feeding;
    this.#rows = rows;
    this.#clock = clock;
  }

  /** Throws RES_002 where it is too much; DEP_001 where neither engine can answer now. */
  async answer(report: Report): Promise<ReportAnswer> {
    const projected = await this.#fromAnalytics(report);
    if (projected !== null)
      return { ...answered(report, projected.cells), source: "analytics", asOf: projected.asOf };
    const asOf = this.#clock.now();
    return { ...answered(report, await cellsFromStore(report, this.#rows)), source: "store", asOf };
  }

  async #fromAnalytics(report: Report) {
    const [analytics, feeding] = [this.#analytics, this.#feeding];
    if (analytics === null || feeding === null || !isReportable(report)) return null;
    try {
      const told = await feeding.read(() => analytics.cells(report.question));
      return told?.value == null ? null : { cells: told.value, asOf: told.asOf };
    } catch (error) {
      if (error instanceof BillingError && error.code === "DEP_001") return null;
      throw error;
    }
  }
}

/** Whether each event says by itself what it adds: else they are worked through in order. */
function isReportable({ metric }: Report): boolean {
  return (
    reportable.includes(metric.aggregation) &&
    metric.expression === undefined &&
    metric.operation_field === undefined
  );
}
