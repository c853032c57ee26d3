import type { Entitlement } from "../../src/catalog/entitlement.ts";
import { type Decimal, formatDecimal, ZERO } from "../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, formatExact, subExact } from "../../src/money/ratio.ts";
import { quantityOfMeter } from "../../src/subscriptions/price_meter.ts";
import type { Instant } from "../../src/time/instant.ts";
import { openPeriods } from "./drafting.ts";
import { type CustomerState, isSuspended } from "./state.ts";
import { isPaused, phaseAt, type SubscriptionState, spanOf } from "./subscription_state.ts";

/** An entitlement as a subscription has it now; quantities are plain decimals. */
export interface EntitlementStatus {
  key: string;
  kind: Entitlement["kind"];
  value: unknown;
  subscription_id: string;
  metric_id?: string;
  /** Of a limit: what the open period has used. */
  used?: string;
  /** Of a limit: what is left; null without limit. */
  remaining?: string | null;
}

export interface EntitlementCheck extends Partial<EntitlementStatus> {
  allowed: boolean;
  reason?: "no_entitlement" | "off" | "limit_reached" | "suspended" | "paused";
}

/** What a subscription's plan entitles it to at an instant, with what has been used of limits. */
export function entitlementsOf(subscription: SubscriptionState, now: Instant): EntitlementStatus[] {
  if (!isRunning(subscription, now)) return [];
  const { plan } = phaseAt(subscription, now);
  return plan.entitlements.map((entitlement) => statusOf(subscription, entitlement));
}

/**
 * Whether a customer may have something now, answered from memory: a switch that is on, or `quantity` more within a
 * limit. Of several running subscriptions the first one that allows it decides.
 */
export function checkEntitlement(
  state: CustomerState,
  key: string,
  subscriptionRef: string | null,
  quantity: Decimal,
  now: Instant,
): EntitlementCheck {
  let denied: EntitlementCheck = { allowed: false, reason: "no_entitlement" };
  for (const subscription of state.subscriptions) {
    const isNamed =
      subscriptionRef === null || [subscription.id, subscription.externalId].includes(subscriptionRef);
    if (!isNamed || !isRunning(subscription, now)) continue;
    const entitlement = phaseAt(subscription, now).plan.entitlements.find((e) => e.key === key);
    if (entitlement === undefined) continue;
    const status = statusOf(subscription, entitlement);
    const reason = refusal(state, subscription, entitlement, quantity, now);
    if (reason === null) return { allowed: true, ...status };
    denied = { allowed: false, reason, ...status };
  }
  return denied;
}

function isRunning({ start, endsAt }: SubscriptionState, now: Instant): boolean {
  return now >= start && (endsAt === null || now < endsAt);
}

function refusal(
  state: CustomerState,
  subscription: SubscriptionState,
  entitlement: Entitlement,
  quantity: Decimal,
  now: Instant,
): NonNullable<EntitlementCheck["reason"]> | null {
  if (isSuspended(state, subscription.id)) return "suspended";
  if (isPaused(subscription, now)) return "paused";
  if (entitlement.kind === "boolean") return entitlement.value === true ? null : "off";
  if (entitlement.kind === "config" || entitlement.limit === null) return null;
  const wanted = addExact(usedOf(subscription, entitlement), quantity);
  return compareExact(wanted, entitlement.limit) > 0 ? "limit_reached" : null;
}

function statusOf(subscription: SubscriptionState, entitlement: Entitlement): EntitlementStatus {
  const { key, kind, value, limit, metricId } = entitlement;
  const status = { key, kind, value, subscription_id: subscription.id };
  if (kind !== "limit") return status;
  const used = usedOf(subscription, entitlement);
  const left = limit === null ? null : subExact(limit, used);
  const remaining = left === null ? null : formatExact(compareExact(left, ZERO) < 0 ? ZERO : left);
  const measured = metricId === null ? {} : { metric_id: metricId };
  return {
    ...status,
    ...measured,
    value: limit === null ? null : formatDecimal(limit),
    used: formatExact(used),
    remaining,
  };
}

/** The quantity of a limit's metric in the open period, over all its groups. */
function usedOf(subscription: SubscriptionState, { metricId }: Entitlement): Exact {
  if (metricId === null) return ZERO;
  for (const period of openPeriods(subscription)) {
    const index = period.meters.metrics.findIndex((metric) => metric?.id === metricId);
    const metric = period.meters.metrics[index];
    const price = period.meters.prices[index];
    const line = period.lines[index];
    if (!metric || price === undefined || !line) continue;
    const span = spanOf(subscription, period);
    return line.groups.reduce(
      (sum: Exact, group) => addExact(sum, quantityOfMeter(price, metric, group.meter, span)),
      ZERO,
    );
  }
  return ZERO;
}
