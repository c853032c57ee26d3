import { groupKey, isValueError } from "../../src/metering/value.ts";
import { compare, decimal, ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, isZeroRatio, toRatio } from "../../src/money/ratio.ts";
import {
  chargeOf,
  newPriceMeter,
  type PriceMeter,
  readUsage,
  takeUsage,
} from "../../src/subscriptions/price_meter.ts";
import type { Instant } from "../../src/time/instant.ts";
import { contains } from "../../src/time/period.ts";
import { type Line, periodLines } from "./invoice_lines.ts";
import {
  type LineState,
  type PeriodState,
  phaseAt,
  phaseOf,
  type SubscriptionState,
  spanOf,
} from "./subscription_state.ts";
import { capped, type Metered, measuresAlike } from "./touch.ts";

/** What a usage line comes to: the quantity exact, the amount as the invoice rounds it. */
export interface Measurement {
  readonly quantity: string;
  readonly amount: string;
}

/** One usage line twice: as the actor kept it, and measured anew from the stored events. */
export interface ProvenLine {
  readonly line_item_id: string;
  readonly metric_key: string;
  readonly actor: Measurement;
  /** Null where the events of one period cannot tell, as of counters that go on from another plan. */
  readonly events: Measurement | null;
  readonly agrees: boolean;
}

/**
 * Measures the usage of a period anew. Takes its events in any order and in parts, so that a great many need not be in
 * memory together; the actor's own meters are looked at in the end only.
 */
export class PeriodProof {
  readonly #subscription: SubscriptionState;
  readonly #period: PeriodState;
  /** Per price the meters by group; null for a price that is not proven. */
  readonly #meters: (Map<string, PriceMeter> | null)[];
  /** Per price since when its value persists into this period. */
  readonly #since: Instant[];

  constructor(subscription: SubscriptionState, period: PeriodState) {
    this.#subscription = subscription;
    this.#period = period;
    this.#since = period.meters.prices.map((_, index) => persistsSince(subscription, period, index));
    this.#meters = period.meters.prices.map((_, index) => (goesOn(period, index) ? null : new Map()));
  }

  /** The first instant whose events matter; the end of the period is that of the last. */
  get from(): Instant {
    return Math.min(this.#period.start, ...this.#since);
  }

  get to(): Instant {
    return this.#period.end;
  }

  /** Takes stored events of the subscription in; those that do not matter are passed over. */
  take(events: readonly Metered[]): void {
    const { meters } = this.#period;
    for (const event of events)
      for (const index of meters.byEventType.get(event.eventType) ?? []) this.#takeFor(index, event);
  }

  #takeFor(index: number, event: Metered): void {
    const byGroup = this.#meters[index];
    const metric = this.#period.meters.metrics[index];
    if (metric?.carry_over === true && this.#isDisplaced(event)) this.#meters[index] = null;
    const price = this.#period.meters.prices[index];
    if (!byGroup || !metric || price === undefined || !this.#matters(index, event)) return;
    const read = readUsage(price, metric, event, spanOf(this.#subscription, this.#period));
    if (read === null || isValueError(read)) return;
    const key = groupKey(metric, event.properties);
    let meter = byGroup.get(key);
    if (meter === undefined) {
      meter = newPriceMeter(price, metric);
      byGroup.set(key, meter);
    }
    takeUsage(
      price,
      metric,
      meter,
      event.occurredAt < this.#period.start ? { ...read, isCarried: true } : read,
    );
  }

  #matters(index: number, { occurredAt, order }: Metered): boolean {
    if (occurredAt < this.#period.start) return occurredAt >= (this.#since[index] ?? this.#period.start);
    const { n } = phaseAt(this.#subscription, occurredAt, order);
    return contains(this.#period, occurredAt) && n === this.#period.phase;
  }

  /** True for usage that came ahead of a change of plan: what it carries over into depends on when it came. */
  #isDisplaced({ occurredAt, order }: Metered): boolean {
    return phaseAt(this.#subscription, occurredAt).n !== phaseAt(this.#subscription, occurredAt, order).n;
  }

  /** Every usage line of the period, as kept and as measured. */
  lines(): ProvenLine[] {
    const usage = { recurring: false, usage: true };
    const kept = usageLines(periodLines(this.#subscription, this.#period, usage));
    const measured = usageLines(periodLines(this.#subscription, this.#measured(), usage));
    const unproven = new Set(
      this.#meters.flatMap((meters, index) =>
        meters === null ? [this.#period.meters.prices[index]?.id ?? ""] : [],
      ),
    );
    const nothing: Measurement = { quantity: "0", amount: "0" };
    return [...new Map([...kept, ...measured])].map(([id, line]) => {
      const actor = measurementOf(kept.get(id)) ?? nothing;
      const isUnproven = unproven.has(line.item.price_id ?? "");
      const events = isUnproven ? null : (measurementOf(measured.get(id)) ?? nothing);
      const agrees = events === null || isSame(events, actor);
      return { line_item_id: id, metric_key: line.item.metric_key ?? "", actor, events, agrees };
    });
  }

  /** The period with the meters that the events lead to. */
  #measured(): PeriodState {
    const span = spanOf(this.#subscription, this.#period);
    const { metrics, prices } = this.#period.meters;
    const lines = this.#meters.map((byGroup, index): LineState | null => {
      const metric = metrics[index];
      const price = prices[index];
      if (byGroup === null || !metric || price === undefined) return this.#period.lines[index] ?? null;
      const groups = [...byGroup].map(([key, meter]) => {
        const charge = chargeOf(price, metric, meter, span).amount;
        return { key, meter, charge, base: ZERO, baseQuantity: ZERO };
      });
      const sum = groups.reduce((all: Exact, { charge }) => addExact(all, charge), ZERO);
      return groups.length === 0 ? null : { groups, sum, charge: capped(price, sum) };
    });
    return { ...this.#period, lines };
  }
}

/** True for a price that goes on with the counters of another plan. */
function goesOn({ lines }: PeriodState, index: number): boolean {
  const isNothing = (value: Exact): boolean => isZeroRatio(toRatio(value));
  return (lines[index]?.groups ?? []).some(
    (group) => !isNothing(group.base) || !isNothing(group.baseQuantity),
  );
}

/** Since when what a price measures persists into a period: the start of the first of the plans that measure it alike. */
function persistsSince(subscription: SubscriptionState, period: PeriodState, index: number): Instant {
  const price = period.meters.prices[index];
  const metric = period.meters.metrics[index];
  if (metric?.carry_over !== true || price === undefined || price.window !== null) return period.start;
  let since = phaseOf(subscription, period.phase).start;
  for (const phase of subscription.phases.filter(({ n }) => n < period.phase).toReversed()) {
    if (!phase.plan.prices.some((other) => measuresAlike(other, price))) break;
    since = phase.start;
  }
  return since;
}

function usageLines(lines: readonly Line[]): Map<string, Line> {
  return new Map(lines.filter(({ item }) => item.type === "usage").map((line) => [line.item.id, line]));
}

function isSame(a: Measurement, b: Measurement): boolean {
  return a.quantity === b.quantity && compare(decimal(a.amount), decimal(b.amount)) === 0;
}

function measurementOf(line: Line | undefined): Measurement | null {
  return line === undefined ? null : { quantity: line.item.quantity, amount: line.item.amount };
}
