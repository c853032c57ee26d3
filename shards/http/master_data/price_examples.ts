import { compilePrice, type PriceInput } from "../../../src/pricing/price.ts";

type Example = PriceInput & { readonly key: string };

const calls = { metric_id: "api_calls", currency: "USD" } as const;
const volume = { metric_id: "payment_volume", currency: "USD" } as const;

/** The price that is shown changed, listed and read. */
export const priceExample: Example = {
  key: "output_tokens_standard",
  product_id: "inference",
  metric_id: "output_tokens",
  currency: "USD",
  model: "graduated",
  tiers: [
    { up_to: "1000000", unit_amount: "0.000015" },
    { up_to: null, unit_amount: "0.000012" },
  ],
  interval: "month",
};

/** One worked price of every model, with a modifier here and there, and what it costs in the words of its name. */
const worked: Readonly<Record<string, Example>> = {
  "graduated: 1,200,000 tokens cost 15 + 2.40 = 17.40": priceExample,
  "flat in advance: 49.00 at the start of every month": {
    key: "pro_base_fee",
    currency: "USD",
    model: "flat",
    amount: "49.00",
    timing: "advance",
  },
  "per_unit after 1,000 included units, 5.00 at least: 1,400 calls cost 4.00, so 5.00": {
    key: "calls",
    ...calls,
    model: "per_unit",
    unit_amount: "0.01",
    included_units: "1000",
    minimum_amount: "5.00",
  },
  "volume: 150 calls cost 150 × 0.08 = 12.00": {
    key: "calls_by_volume",
    ...calls,
    model: "volume",
    tiers: [
      { up_to: "100", unit_amount: "0.10" },
      { up_to: null, unit_amount: "0.08" },
    ],
  },
  "stairstep: 101 calls cost 45.00": {
    key: "calls_in_steps",
    ...calls,
    model: "stairstep",
    tiers: [
      { up_to: "100", flat_amount: "25.00" },
      { up_to: "1000", flat_amount: "45.00" },
      { up_to: null, flat_amount: "99.00" },
    ],
  },
  "package: 2,001 calls are three packages and cost 30.00": {
    key: "calls_in_packages",
    ...calls,
    model: "package",
    package_size: "1000",
    package_amount: "10.00",
  },
  "percentage: payments of 40 and 60 after a free one cost 2.90 % and 0.30 each, 3.50": {
    key: "payment_fee",
    ...volume,
    model: "percentage",
    rate: "2.9",
    fixed_amount: "0.30",
    free_events: "1",
    max_per_event: "25.00",
  },
  "graduated_percentage: an amount of 1,500 costs 1,000 × 2 % + 500 × 1 % = 25.00": {
    key: "payment_fee_in_tiers",
    ...volume,
    model: "graduated_percentage",
    tiers: [
      { up_to: "1000", rate: "2" },
      { up_to: null, rate: "1" },
    ],
  },
  "matrix: 1,000 large output tokens and 500 of another kind cost 0.015 + 0.0005": {
    key: "tokens_by_model",
    metric_id: "tokens",
    currency: "USD",
    model: "matrix",
    dimensions: ["model", "kind"],
    cells: [
      { match: { model: "large", kind: "output" }, unit_amount: "0.000015" },
      { match: { model: "large", kind: "input" }, unit_amount: "0.000003" },
    ],
    default_unit_amount: "0.000001",
  },
  "seat: 3 seats are paid as the least of 5, 60.00": {
    key: "seats",
    currency: "USD",
    model: "seat",
    unit_amount: "12.00",
    min: "5",
    timing: "advance",
  },
  "dynamic: two events of 0.40 and 1.10 cost 1.50": {
    key: "marketplace",
    metric_id: "orders",
    currency: "USD",
    model: "dynamic",
    amount_field: "price",
  },
  "with a transform: 1,400 calls are 2 thousands and cost 1.00": {
    key: "calls_per_thousand",
    ...calls,
    model: "per_unit",
    unit_amount: "0.50",
    unit_transform: { operation: "divide", by: "1000", round: "up" },
  },
  "by window: days of 80 and 120 calls cost 0 and 2.00": {
    key: "calls_by_day",
    ...calls,
    model: "graduated",
    window: "day",
    tiers: [
      { up_to: "100", unit_amount: "0" },
      { up_to: null, unit_amount: "0.10" },
    ],
  },
  "by filter: only what was not served from the cache": {
    key: "uncached_tokens",
    metric_id: "tokens",
    currency: "USD",
    model: "per_unit",
    unit_amount: "0.000003",
    filters: [{ field: "cached", op: "neq", values: [true] }],
    maximum_amount: "500.00",
  },
};

/** The worked prices as they are sent and answered. */
export const priceExamples = Object.fromEntries(
  Object.entries(worked).map(([name, request]) => [name, { request, answer: answered(request) }]),
);

/** A price as it is answered once it is created. */
export function answered(request: Example): object {
  const { product_id, metric_id, ...price } = compilePrice("", 1, request).input;
  return {
    id: "price_01kgb9v400p2q4r6s8t0v2w4x6",
    ...(product_id === undefined ? {} : { product_id: "prod_01kgb9v400e1v7d2m8r4q6w9xa" }),
    ...(metric_id === undefined ? {} : { metric_id: "met_01kgb9v400m3t5r7c9k2p4n6qz" }),
    ...price,
    version: 1,
    archived: false,
    created_at: "2026-02-01T00:00:00Z",
    updated_at: "2026-02-01T00:00:00Z",
  };
}
