import { BillingError } from "../../../src/errors.ts";
import { checkMetric, type Metric, type MetricInput, metricOf } from "../../../src/metering/metric.ts";
import { readUsageEvent } from "../../../src/metering/usage_event.ts";
import { fromInteger } from "../../../src/money/decimal.ts";
import { readJson } from "../../../src/money/json.ts";
import { compilePrice, type Price, type PriceInput } from "../../../src/pricing/price.ts";
import type { MeteredEvent } from "../../../src/subscriptions/price_meter.ts";
import type { Case, MeteredCase, OracleEvent } from "./case.ts";

/** The case's price, as JSON from a client: amounts as they are written, so that numbers take the digit-true way. */
export function realPrice({ price, metric }: Case): Price {
  const metered = metric === null ? {} : { metric_id: "usage" };
  const input = readJson(JSON.stringify({ ...price, currency: "USD", ...metered })) as PriceInput;
  return compilePrice("price", 1, input);
}

/** The case's metric, as JSON from a client. */
export function realMetric({ metric: { kind, ...terms } }: MeteredCase): Metric {
  const input = {
    key: "usage",
    name: "Usage",
    event_type: "used",
    aggregation: kind === "unique with operations" ? "unique" : kind,
    ...(kind === "count" ? {} : { field: "usage.value" }),
    ...(kind === "unique with operations" ? { operation_field: "operation" } : {}),
    ...terms,
  };
  return metricOf("met", 1, checkMetric(readJson(JSON.stringify(input)) as MetricInput));
}

/**
 * An event as it is metered. Every fourth is read from JSON text with numbers in digits, as it comes in from a
 * client; the rest have their numbers as texts.
 *
 * @param order its place among all that come in
 */
export function realEvent(event: OracleEvent, order: number): MeteredEvent {
  const { at, times } = event;
  const properties = order % 4 === 0 ? propertiesRead(event) : propertiesOf(event);
  return { properties, occurredAt: at, order, times: fromInteger(times) };
}

function propertiesOf({ value, fee, operation, traits }: OracleEvent): MeteredEvent["properties"] {
  return {
    ...(value === null ? {} : { usage: { value } }),
    ...(fee === null ? {} : { fee }),
    ...(operation === undefined ? {} : { operation }),
    ...traits,
  };
}

function propertiesRead({ value, fee, operation, traits }: OracleEvent): MeteredEvent["properties"] {
  const parts = [
    ...(value === null ? [] : [`"usage":{"value":${value}}`]),
    ...(fee === null ? [] : [`"fee":${fee}`]),
    ...(operation === undefined ? [] : [`"operation":"${operation}"`]),
    ...Object.entries(traits).map(([name, trait]) => `"${name}":${JSON.stringify(trait)}`),
  ];
  const head = `"event_id":"e","event_type":"used","customer_id":"c"`;
  const read = readUsageEvent(readJson(`{${head},"properties":{${parts.join()}}}`));
  if (read instanceof BillingError) throw read;
  return read.properties;
}
