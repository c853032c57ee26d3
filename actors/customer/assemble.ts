import { derivedId } from "../../src/ids.ts";
import type { Invoice, LineItem, LineTier } from "../../src/invoicing/invoice.ts";
import { quantityOf } from "../../src/metering/aggregate.ts";
import { add, type Decimal, formatDecimal, ONE, ZERO } from "../../src/money/decimal.ts";
import { formatMoney, roundMoney } from "../../src/money/money.ts";
import type { Exact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { type Charge, rate, type TierCharge } from "../../src/pricing/rate.ts";
import { formatInstant } from "../../src/time/instant.ts";
import { recurringCharge } from "./recurring.ts";
import {
  type CustomerState,
  effectiveEnd,
  type GroupState,
  type PeriodState,
  type SubscriptionState,
} from "./state.ts";

/**
 * The invoice of one period as it stands: a line per recurring price and per metered price and group, in the
 * plan's order. Live preview, draft, issue and simulation are all this function. Amounts are rounded once,
 * here, line by line; totals are sums of rounded lines.
 */
export function assembleInvoice(
  state: CustomerState,
  subscription: SubscriptionState,
  period: PeriodState,
): Invoice {
  const end = effectiveEnd(subscription, period);
  const lines: { item: LineItem; amount: Decimal }[] = [];
  for (const [index, price] of period.meters.plan.prices.entries()) {
    if (price.metricId === null) lines.push(recurringLine(price, subscription, period));
    else
      for (const group of groupsOf(period, index))
        lines.push(usageLine(price, index, group, subscription, period));
  }
  const total = lines.reduce((sum, line) => add(sum, line.amount), ZERO);
  const { currency } = subscription;
  return {
    id: period.draft?.invoiceId ?? null,
    number: null,
    customer_id: state.customerId,
    subscription_id: subscription.id,
    status: "draft",
    currency,
    period_start: formatInstant(period.start),
    period_end: formatInstant(end),
    line_items: lines.map((line) => line.item),
    subtotal: formatMoney(total, currency),
    discount_total: formatMoney(ZERO, currency),
    tax_total: formatMoney(ZERO, currency),
    total: formatMoney(total, currency),
    credits_applied: formatMoney(ZERO, currency),
    amount_paid: formatMoney(ZERO, currency),
    amount_due: formatMoney(total, currency),
    issued_at: null,
    due_at: null,
  };
}

const NO_CHARGE: Charge = { amount: ZERO, unitAmount: null, tiers: [] };

/** A metered price nobody touched still shows one line of zero; groups appear once they have usage. */
function groupsOf(period: PeriodState, index: number): readonly (GroupState | null)[] {
  const groups = period.lines[index]?.groups ?? [];
  if (groups.length > 0) return groups.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return [null];
}

function recurringLine(price: Price, subscription: SubscriptionState, period: PeriodState) {
  const exact = recurringCharge(price, subscription, period);
  const described = { type: "recurring" as const, description: describe(price, null) };
  const unit = formatDecimal(rate(price, ONE).amount);
  return line(price, subscription, period, exact, { ...described, quantity: "1", unit_amount: unit }, "");
}

function usageLine(
  price: Price,
  index: number,
  group: GroupState | null,
  subscription: SubscriptionState,
  period: PeriodState,
) {
  const metric = period.meters.metrics[index];
  const quantity = group === null ? ZERO : quantityOf(group.aggregate);
  // A price by group owes nothing until a group appears; see chargeAtZero.
  const byGroup = (metric?.group_by?.length ?? 0) > 0;
  const charge = group === null && byGroup ? NO_CHARGE : rate(price, quantity);
  const described = {
    type: "usage" as const,
    ...(metric ? { metric_key: metric.key } : {}),
    description: describe(price, metric?.name ?? null),
    ...(group !== null && group.key !== ""
      ? { group: JSON.parse(group.key) as Record<string, string | null> }
      : {}),
    quantity: formatDecimal(quantity),
    unit_amount: charge.unitAmount === null ? null : formatDecimal(charge.unitAmount),
    ...(charge.tiers.length > 0 ? { tiers: charge.tiers.map(lineTier) } : {}),
  };
  return line(price, subscription, period, charge.amount, described, group?.key ?? "");
}

type Described = Pick<LineItem, "type" | "description" | "quantity" | "unit_amount"> & Partial<LineItem>;

function line(
  price: Price,
  subscription: SubscriptionState,
  period: PeriodState,
  exact: Exact,
  described: Described,
  group: string,
): { item: LineItem; amount: Decimal } {
  const { currency } = subscription;
  const amount = roundMoney(exact, currency);
  const item: LineItem = {
    id: derivedId("li", period.start, subscription.id, price.id, String(period.k), group),
    price_id: price.id,
    ...described,
    amount: formatMoney(amount, currency),
    tax_amount: formatMoney(ZERO, currency),
    period_start: formatInstant(period.start),
    period_end: formatInstant(effectiveEnd(subscription, period)),
  };
  return { item, amount };
}

/** The metric's name, else the price's key in words: `pro_base` reads "Pro base". */
function describe(price: Price, metricName: string | null): string {
  if (metricName !== null) return metricName;
  if (price.key === null) return "Recurring fee";
  const words = price.key.replaceAll(/[_.:-]+/g, " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

function lineTier(tier: TierCharge): LineTier {
  return {
    up_to: tier.upTo === null ? null : formatDecimal(tier.upTo),
    quantity: formatDecimal(tier.quantity),
    unit_amount: tier.unitAmount === null ? null : formatDecimal(tier.unitAmount),
    ...(tier.flatAmount === undefined ? {} : { flat_amount: formatDecimal(tier.flatAmount) }),
    amount: formatDecimal(tier.amount),
  };
}
