import { derivedId } from "../../src/ids.ts";
import type { LineCell, LineItem, LineTier } from "../../src/invoicing/invoice.ts";
import { compare, type Decimal, decimal, formatDecimal, ONE, sub, ZERO } from "../../src/money/decimal.ts";
import { formatMoney, roundMoney } from "../../src/money/money.ts";
import {
  type Exact,
  formatExact,
  isZeroRatio,
  mulRatio,
  ratio,
  subExact,
  toRatio,
} from "../../src/money/ratio.ts";
import { type CellCharge, noCharge, type TierCharge } from "../../src/pricing/charge.ts";
import type { Price } from "../../src/pricing/price.ts";
import { recurringAmount } from "../../src/pricing/rate.ts";
import { paidSeats } from "../../src/pricing/seat.ts";
import { chargeOf, quantityOfMeter } from "../../src/subscriptions/price_meter.ts";
import { shareOf } from "../../src/subscriptions/proration.ts";
import { formatInstant } from "../../src/time/instant.ts";
import { billedOf } from "./advance.ts";
import { ownCharge } from "./periods.ts";
import { recurringCharge, seatsIn, uncutCharge } from "./recurring.ts";
import {
  type AdvanceCharge,
  type DraftState,
  effectiveEnd,
  type GroupState,
  type PeriodState,
  periodOf,
  phaseOf,
  type SubscriptionState,
  spanOf,
} from "./subscription_state.ts";
import { lineOf } from "./touch.ts";

/** A line before discounts and tax, with its rounded amount. */
export interface Line {
  readonly item: Omit<LineItem, "tax_amount">;
  readonly amount: Decimal;
  readonly productId: string | null;
  /** True for a line that coupons have been taken off before. */
  readonly isNet?: boolean;
}

type Described = Pick<LineItem, "type" | "description" | "quantity" | "unit_amount"> & Partial<LineItem>;

/**
 * The lines of a period, in the plan's order: what recurs, less what has been billed in advance, and usage by price
 * and group, each followed by what brings the price to its minimum or maximum.
 */
export function periodLines(
  subscription: SubscriptionState,
  period: PeriodState,
  part: { readonly recurring: boolean; readonly usage: boolean },
): Line[] {
  return ownPrices(subscription, period).flatMap(([index, price]) => {
    if (price.metricId === null)
      return part.recurring ? recurringLines(subscription, period, index, price) : [];
    if (!part.usage) return [];
    const own = groupsOf(period, index).map((group) => usageLine(subscription, period, index, price, group));
    return [...own, ...bounding(subscription, period, index, price, own)];
  });
}

/** True for a draft that would have neither lines nor credit to give. */
export function isEmptyDraft(subscription: SubscriptionState, draft: DraftState): boolean {
  if (draft.advances.length > 0 || draft.pending.length > 0) return false;
  return draft.closes.every((close) => {
    const period = periodOf(subscription, close);
    if (period === undefined) return true;
    const part = { recurring: close.recurringOnly || !period.recurringSettled, usage: !close.recurringOnly };
    // A metered price has a line in any case.
    if (part.usage && ownPrices(subscription, period).some(([, { metricId }]) => metricId !== null))
      return false;
    return (
      periodLines(subscription, period, part).length === 0 &&
      compare(unusedCredit(subscription, period), ZERO) === 0
    );
  });
}

function recurringLines(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  price: Price,
): Line[] {
  const exact = recurringCharge(subscription, period, price);
  const described = recurringOf(price, seatsIn(subscription, period));
  if (billedOf(period, index) === null) return [lineFor(subscription, period, price, exact, described)];
  const rest = settledRest(subscription, period, index, price);
  const isUnused = compare(rest, ZERO) < 0;
  if (compare(rest, ZERO) === 0 || (isUnused && !staysOnInvoice(subscription, period))) return [];
  const description = `${describe(price, null)}: ${isUnused ? "unused time" : "rest of the period"}`;
  const changed = { ...described, type: "proration" as const, description };
  return [lineFor(subscription, period, price, rest, changed, "rest")];
}

/**
 * What is due of a price billed in advance beyond what was billed; negative for time that was not used. The time after
 * a cut is rounded as a charge for it is, so that going back at the same instant costs nothing.
 */
function settledRest(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  price: Price,
): Decimal {
  const { currency } = subscription;
  const uncut = uncutCharge(subscription, period, price);
  const unused = roundMoney(subExact(uncut, recurringCharge(subscription, period, price)), currency);
  const due = sub(roundMoney(uncut, currency), unused);
  return sub(due, billedOf(period, index) ?? due);
}

/** Unused time is a line of the invoice but where a change of plan turns it into credit, or drops it. */
function staysOnInvoice(subscription: SubscriptionState, period: PeriodState): boolean {
  const phase = phaseOf(subscription, period.phase);
  return phase.end === null || phase.unused === "invoice_line";
}

/** What a change of plan gives back as credit for time of a period that was paid in advance. */
export function unusedCredit(subscription: SubscriptionState, period: PeriodState): Decimal {
  const phase = phaseOf(subscription, period.phase);
  let credit = ZERO;
  if (phase.end === null || phase.unused !== "credit") return credit;
  for (const [index, price] of ownPrices(subscription, period)) {
    if (price.metricId !== null) continue;
    const rest = settledRest(subscription, period, index, price);
    if (compare(rest, ZERO) < 0) credit = sub(credit, rest);
  }
  return credit;
}

/** The line of a charge in advance. */
export function advanceLine(
  subscription: SubscriptionState,
  period: PeriodState,
  charge: AdvanceCharge,
  nth: string,
): Line | null {
  const price = period.meters.prices[charge.priceIndex];
  if (price === undefined) return null;
  const described = recurringOf(price, charge.quantity);
  const type = charge.isChange ? "proration" : "recurring";
  const line = lineFor(subscription, period, price, charge.amount, { ...described, type }, `advance ${nth}`);
  const bounds = { period_start: formatInstant(charge.from), period_end: formatInstant(charge.to) };
  return { ...line, item: { ...line.item, ...bounds } };
}

function ownPrices(subscription: SubscriptionState, period: PeriodState): [number, Price][] {
  const indexes = phaseOf(subscription, period.phase).tracks[period.track]?.prices ?? [];
  return indexes.flatMap((index): [number, Price][] => {
    const price = period.meters.prices[index];
    return price === undefined ? [] : [[index, price]];
  });
}

/** A metered price nobody touched still shows one line; groups appear once they have usage. */
function groupsOf(period: PeriodState, index: number): readonly (GroupState | null)[] {
  const groups = period.lines[index]?.groups ?? [];
  if (groups.length > 0) return groups.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return [null];
}

function usageLine(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  price: Price,
  group: GroupState | null,
): Line {
  const metric = period.meters.metrics[index];
  if (!metric) return lineFor(subscription, period, price, ZERO, recurringOf(price, "0"));
  const span = spanOf(subscription, period);
  const byGroup = (metric.group_by?.length ?? 0) > 0;
  // A price by group owes nothing until a group appears; see chargeAtZero.
  const charge = group === null && byGroup ? noCharge : chargeOf(price, metric, group?.meter ?? null, span);
  const goesOn = group !== null && !isZeroRatio(toRatio(group.baseQuantity));
  const total = quantityOfMeter(price, metric, group?.meter ?? null, span);
  const quantity = goesOn ? subExact(total, group.baseQuantity) : total;
  const own = group === null ? charge.amount : ownCharge(group);
  const exact = byGroup ? own : lineOf(subscription, period, index).charge;
  const described: Described = {
    type: "usage",
    metric_key: metric.key,
    description: describe(price, metric.name),
    ...(group !== null && group.key !== ""
      ? { group: JSON.parse(group.key) as Record<string, string | null> }
      : {}),
    quantity: formatExact(quantity),
    unit_amount: charge.unitAmount === null ? null : formatDecimal(charge.unitAmount),
    ...(charge.tiers.length > 0 && !goesOn ? { tiers: charge.tiers.map(lineTier) } : {}),
    ...(charge.cells.length > 0 ? { cells: charge.cells.map(lineCell) } : {}),
  };
  return lineFor(subscription, period, price, exact, described, group?.key ?? "");
}

/** What a price's minimum adds to its lines, or its maximum takes from those of its groups. */
function bounding(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  price: Price,
  own: readonly Line[],
): Line[] {
  const { currency } = subscription;
  const line = lineOf(subscription, period, index);
  const sum = own.reduce((all, { amount }) => sub(all, sub(ZERO, amount)), ZERO);
  const described = { quantity: "1", unit_amount: null };
  const name = describe(price, period.meters.metrics[index]?.name ?? null);
  const cap = sub(roundMoney(line.charge, currency), sum);
  if (price.maximumAmount !== null && compare(cap, ZERO) < 0) {
    const why = { ...described, type: "adjustment" as const, description: `${name}: maximum` };
    return [lineFor(subscription, period, price, cap, why, "maximum")];
  }
  if (price.minimumAmount === null) return [];
  const rest = sub(roundMoney(minimumOf(subscription, period, price.minimumAmount), currency), sum);
  if (compare(rest, ZERO) <= 0) return [];
  const why = { ...described, type: "minimum" as const, description: `${name}: minimum` };
  return [lineFor(subscription, period, price, rest, why, "minimum")];
}

/** A period's part of a price's minimum. */
function minimumOf(subscription: SubscriptionState, period: PeriodState, minimum: Decimal): Exact {
  const part = { start: period.start, end: effectiveEnd(subscription, period) };
  return mulRatio(ratio(minimum), shareOf(part, period.whole, "second", subscription.timezone));
}

function recurringOf(price: Price, seats: string): Described {
  const { terms } = price;
  const isSeat = terms.model === "seat";
  return {
    type: "recurring",
    description: describe(price, null),
    quantity: isSeat ? formatExact(paidSeats(terms, decimal(seats))) : "1",
    unit_amount: formatDecimal(isSeat ? terms.unitAmount : recurringAmount(price, ONE)),
  };
}

function lineFor(
  subscription: SubscriptionState,
  period: PeriodState,
  price: Price,
  exact: Exact,
  described: Described,
  part = "",
): Line {
  const { currency } = subscription;
  const amount = roundMoney(exact, currency);
  const place = `${period.phase}/${period.track}/${period.k}`;
  return {
    item: {
      id: derivedId("li", period.start, subscription.id, price.id, place, part),
      price_id: price.id,
      ...(price.productId === null ? {} : { product_id: price.productId }),
      ...described,
      amount: formatMoney(amount, currency),
      period_start: formatInstant(period.start),
      period_end: formatInstant(effectiveEnd(subscription, period)),
    },
    amount,
    productId: price.productId,
  };
}

/** The metric's name, else the price's key in words: `pro_base` reads "Pro base". */
function describe(price: Price, metricName: string | null): string {
  if (metricName !== null) return metricName;
  if (price.key === null) return price.input.model === "seat" ? "Seats" : "Recurring fee";
  const words = price.key.replaceAll(/[_.:-]+/g, " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

function lineTier(tier: TierCharge): LineTier {
  return {
    up_to: tier.upTo === null ? null : formatDecimal(tier.upTo),
    quantity: formatExact(tier.quantity),
    unit_amount: tier.unitAmount === null ? null : formatDecimal(tier.unitAmount),
    ...(tier.flatAmount === undefined ? {} : { flat_amount: formatDecimal(tier.flatAmount) }),
    amount: formatExact(tier.amount),
  };
}

function lineCell(cell: CellCharge): LineCell {
  return {
    match: cell.match === null ? null : { ...cell.match },
    quantity: formatExact(cell.quantity),
    unit_amount: formatDecimal(cell.unitAmount),
    amount: formatExact(cell.amount),
  };
}
