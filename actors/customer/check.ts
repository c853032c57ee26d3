import { assert } from "../../src/errors.ts";
import { ONE, ZERO } from "../../src/money/decimal.ts";
import { compareExact, type Exact, formatExact, subExact } from "../../src/money/ratio.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import { rateUsage } from "./handlers/record_usage.ts";
import { heldUnder } from "./reservations/reservation.ts";
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
  let [left, denied]: [Exact | null, LimitState | null] = [null, null];
  for (const limit of state.limits) {
    if (!covers(limit, subscription.id) || limit.terms.currency !== subscription.currency) continue;
    const own = leftUnder(state, limit, ctx.now);
    if (left === null || compareExact(own, left) < 0) left = own;
    if (denied === null && denies(limit, own, delta, ctx.now)) denied = limit;
  }
  return {
    allowed: denied === null,
    cost: formatExact(delta),
    remaining: left === null ? null : formatExact(left),
    ...(denied === null ? {} : { reason: denied.exceeded ? "suspended" : "spend_limit" }),
  };
}

/**
 * What a limit leaves beside what is spent and held; below zero beyond it. A window that is over counts as reset even
 * before the actor has noticed.
 */
export function leftUnder(state: CustomerState, limit: LimitState, now: Instant): Exact {
  const unspent = isPresent(limit, now) ? remaining(state, limit) : limit.terms.monthlyLimit;
  return state.reservations.length === 0 ? unspent : subExact(unspent, heldUnder(state, limit, now));
}

/** True where a limit that suspends or blocks does not have as much left. @param left see `leftUnder` */
export function denies(limit: LimitState, left: Exact, delta: Exact, now: Instant): boolean {
  if (limit.terms.action === "notify") return false;
  if (limit.exceeded && isPresent(limit, now)) return true;
  return compareExact(delta, ZERO) > 0 && compareExact(delta, left) > 0;
}

function isPresent({ window }: LimitState, now: Instant): boolean {
  return now < window.end;
}
