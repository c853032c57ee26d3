import type { Metric } from "../../src/metering/metric.ts";
import type { UsageCell, UsageQuestion } from "../../src/metering/usage_question.ts";
import { roundTo } from "../../src/money/money.ts";
import { compareExact } from "../../src/money/ratio.ts";
import type { Period } from "../../src/time/period.ts";

/** A report as it is asked for: a question, and what of its cells is wanted. */
export interface Report {
  readonly question: UsageQuestion;
  /** What the question counts by: of the catalog, or made for the occasion. */
  readonly metric: Metric;
  /** The zone of the windows. */
  readonly timezone: string;
  /** By time, or the greatest value first; then by group. */
  readonly order: "time" | "value";
  readonly limit: number;
}

/** The kth window of a question. */
export function windowOf({ boundaries }: UsageQuestion, k: number): Period {
  return { start: boundaries[k] ?? 0, end: boundaries[k + 1] ?? 0 };
}

/** What is answered of a report's cells, whichever engine they come from: rounded as the metric says, in order, cut. */
export function answered(
  report: Report,
  cells: readonly UsageCell[],
): { rows: UsageCell[]; hasMore: boolean } {
  const { rounding } = report.metric;
  const rounded =
    rounding === undefined
      ? [...cells]
      : cells.map((cell) => ({ ...cell, value: roundTo(cell.value, rounding.scale, rounding.mode) }));
  rounded.sort((a, b) => {
    const byValue = report.order === "value" ? compareExact(b.value, a.value) : 0;
    if (byValue !== 0) return byValue;
    return a.window - b.window || compareGroups(a.group, b.group);
  });
  return { rows: rounded.slice(0, report.limit), hasMore: rounded.length > report.limit };
}

/** Null first, then by code unit. */
function compareGroups(a: UsageCell["group"], b: UsageCell["group"]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? null;
    if (x === y) continue;
    if (x === null || y === null) return x === null ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
