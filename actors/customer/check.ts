import { assert } from "../../src/errors.ts";
import { ONE, ZERO } from "../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, formatExact, subExact } from "../../src/money/ratio.ts";
import { exceeds } from "../../src/spend/spend_limit.ts";
import { contains } from "../../src/time/period.ts";
import type { DecisionContext } from "../actor.ts";
import { rateUsage } from "./handlers/record_usage.ts";
import { heldUnder } from "./reservations/reservation.ts";
import { spendIn } from "./spend.ts";
import { remaining } from "./spend_status.ts";
import { type CustomerState, covers, type LimitState } from "./state.ts";

/** The event a check asks about; it happens now. */
export interface CheckRequest {
  readonly eventType: string;
  readonly subscriptionRef: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface CheckAnswer {
  allowed: boolean;
  /** What the event would add to the charge, exact. */
  cost: string;
  /** What the tightest limit leaves now beside what is spent and held, before the event; null without limits. */
  remaining: string | null;
  reason?: string;
}

/**
 * What an event would cost and whether it may happen: no while suspended, and no where it would carry spend
 * beyond a limit that suspends or blocks. Changes nothing; API.md §3, Spend limit.
 */
export function checkUsage(state: CustomerState, request: CheckRequest, ctx: DecisionContext): CheckAnswer {
  const event = {
    type: "record_usage" as const,
    eventId: "",
    source: "",
    occurredAt: ctx.now,
    times: ONE,
    ...request,
  };
  const rated = rateUsage(state, event, ctx);
  if (typeof rated === "string") return { allowed: false, cost: "0", remaining: null, reason: rated };
  assert(!("needs" in rated), "the present is never settled");
  const { subscription, delta } = rated;
  const bearing = state.limits.filter(
    (l) => covers(l, subscription.id) && l.terms.currency === subscription.currency,
  );
  const left = tightest(state, bearing, ctx.now);
  const denied = bearing.find((limit) => denies(state, limit, delta, ctx.now));
  return {
    allowed: denied === undefined,
    cost: formatExact(delta),
    remaining: left === null ? null : formatExact(left),
    ...(denied === undefined ? {} : { reason: denied.exceeded ? "suspended" : "spend_limit" }),
  };
}

/**
 * True where a limit has no room for this charge beside what is spent and held. A window that is over counts as reset
 * even before the actor has noticed.
 */
export function denies(state: CustomerState, limit: LimitState, delta: Exact, now: number): boolean {
  if (limit.terms.action === "notify") return false;
  const present = contains(limit.window, now) || now < limit.window.start;
  if (present && limit.exceeded) return true;
  const spend = present ? spendIn(state, limit) : ZERO;
  const after = addExact(addExact(spend, heldUnder(state, limit, now)), delta);
  return compareExact(delta, ZERO) > 0 && exceeds(after, limit.terms.monthlyLimit);
}

function tightest(state: CustomerState, bearing: readonly LimitState[], now: number): Exact | null {
  let least: Exact | null = null;
  for (const limit of bearing) {
    const unspent = contains(limit.window, now) ? remaining(state, limit) : limit.terms.monthlyLimit;
    const left = subExact(unspent, heldUnder(state, limit, now));
    if (least === null || compareExact(left, least) < 0) least = left;
  }
  return least;
}
