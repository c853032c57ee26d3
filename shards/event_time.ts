import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { UsageEvent } from "../src/metering/usage_event.ts";
import type { ResolvedCustomer } from "../src/ports/documents.ts";
import { formatInstant, type Instant, parseInstant } from "../src/time/instant.ts";
import type { TestClocks } from "./test_clocks.ts";

/**
 * The VAL_001 for an event whose time lies too far ahead of its receipt, else null. Real time takes an hour ahead, for
 * clocks that run fast; a test clock two years, so that its future can be filled.
 */
export function futureFault(
  event: UsageEvent,
  customer: ResolvedCustomer | undefined,
  receivedAt: Instant,
  testClocks: TestClocks,
): BillingError | null {
  if (event.timestamp === undefined) return null;
  const clockId = customer?.testClockId ?? null;
  const clockNow = clockId === null ? null : testClocks.now(clockId);
  const latest =
    clockNow === null ? receivedAt + limits.eventAheadMs : clockNow + limits.eventAheadOnTestClockMs;
  const at = parseInstant(event.timestamp);
  if (at === null || at <= latest) return null;
  const msg = `Validation error: field 'timestamp' lies in the future (the latest accepted now is ${formatInstant(latest)})`;
  return new BillingError("VAL_001", msg, { field: "timestamp" });
}
