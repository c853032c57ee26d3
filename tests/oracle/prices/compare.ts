import type { Metric } from "../../../src/metering/metric.ts";
import { decimal } from "../../../src/money/decimal.ts";
import { type Exact, formatExact, isRatio } from "../../../src/money/ratio.ts";
import type { Price } from "../../../src/pricing/price.ts";
import { type Charge, recurringAmount } from "../../../src/pricing/rate.ts";
import type { PriceMeter } from "../../../src/subscriptions/price_meter.ts";
import * as priceMeter from "../../../src/subscriptions/price_meter.ts";
import { type Fraction, fraction, isSame, sum, zero } from "../fraction.ts";
import { fate, type OracleBill, oracleBill } from "./bill.ts";
import type { Case, MeteredCase, OracleEvent, OracleSpan, RecurringCase } from "./case.ts";
import { oracleRate } from "./rating.ts";
import { realEvent, realMetric, realPrice } from "./real.ts";

/** The real code that is compared; another stands in only to show that a wrong one is found out. */
export type Real = Pick<typeof priceMeter, "chargeOf" | "chargeWith" | "readUsage" | "takeUsage">;

/**
 * Lives through a case with the real code, event by event, beside the oracle; says where they differ, else null.
 *
 * @param told what the real code is told in place of the case, to show that a wrong term is found out
 */
export function difference(drawn: Case, told: Case = drawn, real: Real = priceMeter): string | null {
  try {
    if (drawn.metric === null) return recurringDiffers(drawn, realPrice(told));
    return told.metric === null ? "no usage is asked for" : meteredDiffers(drawn, told, real);
  } catch (error) {
    return `the real code fails: ${error instanceof Error ? error.message : error}`;
  }
}

function recurringDiffers(drawn: RecurringCase, price: Price): string | null {
  for (const seats of drawn.seats) {
    const amount = recurringAmount(price, decimal(seats));
    const differs = unequal(
      `amount of ${seats} seats`,
      amount,
      oracleRate(drawn.price, fraction(seats)).amount,
    );
    if (differs !== null) return differs;
  }
  return null;
}

function meteredDiffers(drawn: MeteredCase, told: MeteredCase, real: Real): string | null {
  const price = realPrice(told);
  const metric = realMetric(told);
  const { span } = told;
  const counted: OracleEvent[] = [];
  const known = { ...drawn, before: drawn.before.filter((event) => fate(drawn, event) === "counts") };
  let meter = carried(price, metric, told, real);
  const start = billDiffers(real.chargeOf(price, metric, meter, span), oracleBill(known, counted));
  if (start !== null) return `before any event: ${start}`;
  for (const [index, event] of drawn.events.entries()) {
    const reading = real.readUsage(price, metric, realEvent(event, drawn.before.length + index), span);
    const becomes = reading === null ? "passes by" : "reason" in reading ? "error" : "counts";
    const expected = fate(drawn, event);
    if (becomes !== expected) return `event ${index}: ${becomes}, by the oracle ${expected}`;
    if (reading === null || "reason" in reading) continue;
    counted.push(event);
    const bill = oracleBill(known, counted);
    const foretold = real.chargeWith(price, metric, meter, reading, span);
    meter ??= priceMeter.newPriceMeter(price, metric);
    real.takeUsage(price, metric, meter, reading);
    if (index % 2 === 0) meter = restored(meter);
    const differs =
      unequal("charge foretold", foretold, bill.amount) ??
      billDiffers(real.chargeOf(price, metric, meter, span), bill) ??
      unequal("quantity", priceMeter.quantityOfMeter(price, metric, meter, span), bill.quantity);
    if (differs !== null) return `after event ${index}: ${differs}`;
  }
  if (drawn.cutAt === null) return null;
  const cut = { ...span, end: drawn.cutAt };
  const differs = billDiffers(
    real.chargeOf(price, metric, meter, cut),
    oracleBill({ ...known, span: cut }, counted),
  );
  return differs === null ? null : `after the period is cut: ${differs}`;
}

/** The meter a period begins with after the events of the one before. */
function carried(price: Price, metric: Metric, told: MeteredCase, real: Real): PriceMeter | null {
  const { before, span } = told;
  if (before.length === 0) return null;
  const meter = priceMeter.newPriceMeter(price, metric);
  const earlier = spanBefore(span);
  for (const [order, event] of before.entries()) {
    const reading = real.readUsage(price, metric, realEvent(event, order), earlier);
    if (reading !== null && !("reason" in reading)) real.takeUsage(price, metric, meter, reading);
  }
  const next = priceMeter.carriedMeter(price, metric, restored(meter), span.start);
  return next === null ? null : restored(next);
}

function spanBefore({ start, timezone }: OracleSpan): OracleSpan {
  const wholeMs = 28 * 86_400_000;
  return { start: start - wholeMs, end: start, wholeMs, timezone };
}

/** As it is after a night in the store. */
function restored(meter: PriceMeter): PriceMeter {
  return priceMeter.decodePriceMeter(JSON.parse(JSON.stringify(priceMeter.encodePriceMeter(meter))));
}

function billDiffers(charge: Charge, bill: OracleBill): string | null {
  return (
    unequal("amount", charge.amount, bill.amount) ??
    partsDiffer("tier", charge.tiers, bill.tiers) ??
    partsDiffer("cell", charge.cells, bill.cells) ??
    addsUp(charge)
  );
}

interface Part {
  readonly quantity: Exact;
  readonly amount: Exact;
}

interface OraclePart {
  readonly quantity: Fraction;
  readonly amount: Fraction;
}

function partsDiffer(what: string, ours: readonly Part[], oracle: readonly OraclePart[]): string | null {
  if (ours.length !== oracle.length) return `${ours.length} ${what}s, the oracle has ${oracle.length}`;
  for (const [index, part] of ours.entries()) {
    const other = oracle[index] ?? { quantity: zero, amount: zero };
    const differs =
      unequal(`quantity in ${what} ${index}`, part.quantity, other.quantity) ??
      unequal(`amount of ${what} ${index}`, part.amount, other.amount);
    if (differs !== null) return differs;
  }
  return null;
}

/** The parts of a charge, where it has any, are all of it. */
function addsUp({ amount, tiers, cells }: Charge): string | null {
  const parts = [...tiers, ...cells].map((part) => exactly(part.amount));
  if (parts.length === 0 || isSame(sum(parts), exactly(amount))) return null;
  return `the parts of ${formatExact(amount)} do not add up to it`;
}

function unequal(what: string, ours: Exact, oracle: Fraction): string | null {
  if (isSame(exactly(ours), oracle)) return null;
  return `${what} is ${formatExact(ours)}, the oracle has ${oracle.n}/${oracle.d}`;
}

const powers = Array.from({ length: 64 }, (_, power) => 10n ** BigInt(power));

function exactly(value: Exact): Fraction {
  if (isRatio(value)) return { n: value.num, d: value.den };
  return { n: BigInt(value.c), d: powers[value.s] ?? 10n ** BigInt(value.s) };
}
