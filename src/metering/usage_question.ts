import type { Filter } from "../filter.ts";
import type { Exact } from "../money/ratio.ts";
import type { Instant } from "../time/instant.ts";
import type { Aggregation } from "./metric.ts";

/** What cells are made by, beside windows of time. */
export type Grouping =
  | { readonly by: "property"; readonly field: string }
  | { readonly by: "customer" | "event_type" | "subscription" };

/** A question about much usage at once. Voided events count in nothing. */
export interface UsageQuestion {
  readonly companyId: string;
  /** Null for all. */
  readonly customerIds: readonly string[] | null;
  readonly subscriptionIds: readonly string[] | null;
  readonly eventTypes: readonly string[] | null;
  readonly filters: readonly Filter[];
  readonly aggregation: Aggregation;
  /** Null for a count. */
  readonly field: string | null;
  /** Of a percentile: above 0, up to 100. */
  readonly percentile: string | null;
  /** Fields an event must have a text in, or nothing, to count: those its metric groups by. */
  readonly textFields: readonly string[];
  readonly groupBy: readonly Grouping[];
  /** Ascending: window k is from the kth of these to the next, the end not in it. */
  readonly boundaries: readonly Instant[];
}

/** What one window and group come to. */
export interface UsageCell {
  readonly window: number;
  /** In the order of the question; null where an event has no such property. */
  readonly group: readonly (string | null)[];
  readonly value: Exact;
  readonly events: number;
}

/** Aggregations whose cells add up from what each event says by itself. */
export const reportable: readonly Aggregation[] = [
  "count",
  "sum",
  "max",
  "min",
  "unique",
  "latest",
  "average",
  "percentile",
];
