import { BillingError } from "../../src/errors.ts";
import {
  apply,
  decodeAggregate,
  encodeAggregate,
  newAggregate,
  peek,
  quantityOf,
} from "../../src/metering/aggregate.ts";
import { matches } from "../../src/metering/filter.ts";
import { checkMetric, type Metric, metricOf } from "../../src/metering/metric.ts";
import { readUsageEvent } from "../../src/metering/usage_event.ts";
import { groupKey, isValueError, meteredValue } from "../../src/metering/value.ts";
import { type Decimal, formatDecimal, fromInteger, sub, ZERO } from "../../src/money/decimal.ts";
import { readJson } from "../../src/money/json.ts";
import { compilePrice, type PriceInput } from "../../src/pricing/price.ts";
import { type Charge, rate as realRate } from "../../src/pricing/rate.ts";
import type { Case } from "./cases.ts";
import { type Fraction, fraction, isSame, minus, zero } from "./fraction.ts";
import { type OracleEvent, oracleQuantity } from "./metering.ts";
import { type OracleCharge, oracleRate } from "./rating.ts";

/**
 * Lives through a case with the real code, event by event, beside the oracle; says where they differ, else null.
 * Another `rate` stands in only to show that a wrong one is found out.
 */
export function difference(drawn: Case, rate = realRate): string | null {
  const price = compilePrice("price", 1, wirePrice(drawn));
  const metric = metricFor(drawn);
  const start = rate(price, ZERO);
  let aggregate = newAggregate(metric.aggregation);
  let charge = start.amount;
  let oracle = oracleRate(drawn.price, zero);
  const atStart = chargeDiffers(start, oracle);
  if (atStart !== null) return `before any event: ${atStart}`;
  for (const [index, event] of drawn.events.entries()) {
    const value = contribution(metric, event);
    const foretold = peek(aggregate, value, event.at, index, fromInteger(event.times));
    apply(aggregate, value, event.at, index, fromInteger(event.times));
    aggregate = decodeAggregate(JSON.parse(JSON.stringify(encodeAggregate(aggregate))));
    const quantity = oracleQuantity(drawn.aggregation, drawn.events.slice(0, index + 1));
    const after = rate(price, foretold);
    const expected = oracleRate(drawn.price, quantity);
    const differs =
      unequal("quantity foretold", foretold, quantity) ??
      unequal("quantity", quantityOf(aggregate), quantity) ??
      chargeDiffers(after, expected) ??
      unequal("delta", sub(after.amount, charge), minus(expected.amount, oracle.amount));
    if (differs !== null) return `after event ${index}: ${differs}`;
    charge = after.amount;
    oracle = expected;
  }
  return null;
}

/** As JSON from a client: amounts as they are written, so that numbers take the digit-true way. */
function wirePrice({ price }: Case): PriceInput {
  const metered = price.model === "flat" ? {} : { metric_id: "usage" };
  return readJson(JSON.stringify({ ...price, currency: "USD", ...metered })) as PriceInput;
}

function metricFor({ aggregation }: Case): Metric {
  const named = aggregation === "count" ? {} : { field: "usage.value" };
  const input = { key: "usage", name: "Usage", event_type: "used", aggregation, ...named };
  return metricOf("met", 1, checkMetric({ ...input, filters: [{ field: "on", op: "eq", values: [true] }] }));
}

function contribution(metric: Metric, event: OracleEvent): Decimal | string {
  const read = readUsageEvent(
    readJson(
      `{"event_id":"e","event_type":"used","customer_id":"c","properties":{"on":true,"usage":{"value":${event.value}}}}`,
    ),
  );
  if (read instanceof BillingError) throw read;
  if (!matches(metric.filters, read.properties)) throw new Error("the event passes the filter");
  if (groupKey(metric, read.properties) !== "") throw new Error("there are no groups");
  const value = meteredValue(metric, read.properties);
  if (isValueError(value)) throw new Error(value.reason);
  return value;
}

function chargeDiffers(charge: Charge, expected: OracleCharge): string | null {
  if (charge.tiers.length !== expected.tiers.length) {
    return `${charge.tiers.length} tiers, the oracle has ${expected.tiers.length}`;
  }
  for (const [index, tier] of charge.tiers.entries()) {
    const other = expected.tiers[index] ?? { quantity: zero, amount: zero };
    const differs =
      unequal(`quantity in tier ${index}`, tier.quantity, other.quantity) ??
      unequal(`amount of tier ${index}`, tier.amount, other.amount);
    if (differs !== null) return differs;
  }
  return unequal("amount", charge.amount, expected.amount);
}

function unequal(what: string, ours: Decimal, oracle: Fraction): string | null {
  const text = formatDecimal(ours);
  return isSame(fraction(text), oracle) ? null : `${what} is ${text}, the oracle has ${oracle.n}/${oracle.d}`;
}
