/** The month the demo lives through, on a test clock. */
export const month = {
  year: 2026,
  month: 2,
  days: 28,
  start: "2026-02-01T00:00:00Z",
  end: "2026-03-01T00:00:00Z",
};

/** A day of the month's first instant; day 29 is the first of the next month. */
export function dayStart(day: number): string {
  return day > month.days ? month.end : `2026-02-${String(day).padStart(2, "0")}T00:00:00Z`;
}

const tokens = (key: string, name: string, field: string, model: string) => ({
  key,
  name,
  event_type: "llm_tokens",
  aggregation: "sum",
  field,
  filters: [{ field: "model", op: "eq", values: [model] }],
  unit: "token",
});

/** What the AI company measures: tokens per model and direction, calls, storage. */
export const metrics = [
  { key: "api_calls", name: "API calls", event_type: "api_call", aggregation: "count" },
  {
    key: "storage_gb",
    name: "Peak storage",
    event_type: "storage",
    aggregation: "max",
    field: "gb",
    unit: "GB",
  },
  tokens("atlas_input", "Input tokens, atlas-large", "input_tokens", "atlas-large"),
  tokens("atlas_output", "Output tokens, atlas-large", "output_tokens", "atlas-large"),
  tokens("mini_input", "Input tokens, atlas-mini", "input_tokens", "atlas-mini"),
  tokens("mini_output", "Output tokens, atlas-mini", "output_tokens", "atlas-mini"),
] as const;

const graduated = (metric_id: string, first: string, beyond: string, up_to: string) => ({
  model: "graduated",
  metric_id,
  tiers: [
    { up_to, unit_amount: first },
    { up_to: null, unit_amount: beyond },
  ],
});

/** What it sells: a monthly base fee and usage, dearer for those who use little. */
export const plans = [
  {
    key: "plan_pro",
    name: "Pro",
    currency: "USD",
    prices: [
      { key: "pro_base", model: "flat", amount: "49.00" },
      graduated("api_calls", "0.001", "0.0008", "100000"),
      { model: "per_unit", metric_id: "storage_gb", unit_amount: "0.10" },
      graduated("atlas_input", "0.000003", "0.0000024", "5000000"),
      graduated("atlas_output", "0.000015", "0.000012", "1000000"),
      graduated("mini_input", "0.00000025", "0.0000002", "20000000"),
      graduated("mini_output", "0.00000125", "0.000001", "5000000"),
    ],
  },
  {
    key: "plan_starter",
    name: "Starter",
    currency: "USD",
    prices: [
      { key: "starter_base", model: "flat", amount: "9.00" },
      { model: "package", metric_id: "api_calls", package_size: "1000", package_amount: "1.50" },
      { model: "per_unit", metric_id: "atlas_input", unit_amount: "0.000004" },
      { model: "per_unit", metric_id: "atlas_output", unit_amount: "0.00002" },
      {
        model: "volume",
        metric_id: "mini_input",
        tiers: [
          { up_to: "10000000", unit_amount: "0.0000004" },
          { up_to: null, unit_amount: "0.0000003" },
        ],
      },
      { model: "per_unit", metric_id: "mini_output", unit_amount: "0.0000015" },
    ],
  },
] as const;

/** One customer of the demo; `weight` is its share of the usage. */
export interface DemoCustomer {
  readonly external_id: string;
  readonly name: string;
  readonly plan: "plan_pro" | "plan_starter";
  readonly subscription: string;
  readonly weight: number;
}

/** Customers of different sizes; cust_abc and sub_xyz are the names the documentation uses. */
export const customers: readonly DemoCustomer[] = [
  {
    external_id: "cust_northwind",
    name: "Northwind Labs",
    plan: "plan_pro",
    subscription: "sub_northwind",
    weight: 40,
  },
  { external_id: "cust_abc", name: "Acme Robotics", plan: "plan_pro", subscription: "sub_xyz", weight: 22 },
  {
    external_id: "cust_cobalt",
    name: "Cobalt Health",
    plan: "plan_pro",
    subscription: "sub_cobalt",
    weight: 14,
  },
  {
    external_id: "cust_tessellate",
    name: "Tessellate",
    plan: "plan_starter",
    subscription: "sub_tessellate",
    weight: 12,
  },
  {
    external_id: "cust_juniper",
    name: "Juniper Games",
    plan: "plan_starter",
    subscription: "sub_juniper",
    weight: 7,
  },
  {
    external_id: "cust_quill",
    name: "Quill & Co",
    plan: "plan_starter",
    subscription: "sub_quill",
    weight: 4,
  },
  {
    external_id: "cust_solo",
    name: "Solo Studio",
    plan: "plan_starter",
    subscription: "sub_solo",
    weight: 1,
  },
];

/** The customer with a spend limit, and what it is raised to once it has had enough of being suspended. */
export const limited = {
  external_id: "cust_tessellate",
  name: "Tessellate",
  limit: "60.00",
  raised: "250.00",
  patience: 3,
};
