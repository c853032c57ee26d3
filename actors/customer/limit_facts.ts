import { derivedId } from "../../src/ids.ts";
import { type Exact, formatExact } from "../../src/money/ratio.ts";
import { exceeds, thresholdsReached } from "../../src/spend/spend_limit.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { AlertFired, Fact } from "./facts.ts";
import { spendIn, windowAt } from "./spend.ts";
import type { CustomerState, LimitState } from "./state.ts";

/** An alert; its id is derived from limit, window and threshold, since it fires once for them. */
export function alertFact(limit: LimitState, threshold: number, spend: Exact, at: Instant): AlertFired {
  return {
    type: "alert_fired",
    at,
    alert_id: derivedId("ntf", at, limit.id, String(limit.window.start), String(threshold)),
    limit_id: limit.id,
    threshold,
    window_start: limit.window.start,
    window_end: limit.window.end,
    spend: formatExact(spend),
  };
}

export function exceededFact(limit: LimitState, spend: Exact, at: Instant): Fact {
  return { type: "limit_exceeded", at, limit_id: limit.id, spend: formatExact(spend) };
}

/**
 * What the limits say of the state as it is, whatever changed it: a window that is over resets, thresholds
 * passed fire, a limit overrun suspends. Usage looks after itself; this follows every other command.
 */
export function reviewLimits(state: CustomerState, now: Instant): Fact[] {
  const facts: Fact[] = [];
  for (const limit of state.limits) {
    const window = windowAt(state, limit.subscriptionId, now);
    if (window.start !== limit.window.start || window.end !== limit.window.end) {
      facts.push({ type: "limit_window_opened", at: now, limit_id: limit.id, ...window });
      continue; // measured on the next review, in its new window
    }
    const spend = spendIn(state, limit);
    for (const threshold of thresholdsReached(limit.terms, spend, limit.fired)) {
      facts.push(alertFact(limit, threshold, spend, now));
    }
    const beyond = exceeds(spend, limit.terms.monthlyLimit);
    if (beyond && !limit.exceeded && limit.terms.action !== "block")
      facts.push(exceededFact(limit, spend, now));
  }
  return facts;
}
