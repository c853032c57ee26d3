import type { Instant } from "../time/instant.ts";

/** What one event type came to in one hour. */
export interface UsageHour {
  /** When the hour begins. */
  readonly hour: Instant;
  readonly eventType: string;
  readonly currency: string;
  /** How many events count. */
  readonly events: number;
  /** The sum of what they were charged when they were recorded, plain decimal without trailing zeros. */
  readonly charge: string;
}

/**
 * Usage summed up by the hour it occurred in, for charts and for comparing engines; never for bills. Voided events are
 * not in it. It is as of the last `refresh`, or newer.
 */
export interface UsageTotals {
  /**
   * The hours that begin at or after `from` and before `to`, in order, then by event type and currency; none without
   * events. Throws RES_002 where that is more than `limits.usageHoursMax`.
   *
   * @param customerId one customer's; null for the whole company's
   */
  usageByHour(companyId: string, customerId: string | null, from: Instant, to: Instant): Promise<UsageHour[]>;
  /** The first and the last hour a company has totals of; null where it has none. */
  span(companyId: string): Promise<{ readonly first: Instant; readonly last: Instant } | null>;
  /** Takes in everything committed before it was called. Several may run at once. */
  refresh(now: Instant): Promise<void>;
}
