import { type Call, openApp, type TestApp, type Told } from "./app.ts";

/** The program with an LLM plan, a test clock in November 2023, and two customers: ada on the clock, bob on real time. */
export interface BillingWorld {
  readonly app: TestApp;
  readonly call: Call;
  readonly clock: Told;
  /** A call that must succeed. */
  done(method: string, path: string, body?: unknown): Promise<Told>;
  /** Creates a customer and subscribes it as `sub_` and its name. */
  customer(external_id: string, onClock?: boolean): Promise<void>;
}

export async function openBillingWorld(engines?: Parameters<typeof openApp>[0]): Promise<BillingWorld> {
  const app = await openApp(engines);
  const { call } = app.atlas;
  const done = async (method: string, path: string, body?: unknown): Promise<Told> => {
    const told = await call(method, `/api/v1${path}`, body);
    if (told.error !== null) throw new Error(`${method} ${path}: ${told.text}`);
    return told;
  };
  return { app, call, done, ...(await stockBillingWorld(done)) };
}

/** Fills a company with it, by way of calls that must succeed. */
export async function stockBillingWorld<Answer extends { readonly id: string }>(
  done: (method: string, path: string, body?: unknown) => Promise<Answer>,
) {
  const clock = await done("POST", "/admin/test-clocks", { name: "November", now: "2023-11-01T00:00:00Z" });
  const customer = async (external_id: string, onClock = true): Promise<void> => {
    const lives = onClock ? { test_clock_id: clock.id } : {};
    await done("POST", "/master-data/customers", { external_id, name: external_id, ...lives });
    const subscription = { customer_id: external_id, plan_id: "llm_plan", external_id: `sub_${external_id}` };
    await done("POST", "/subscriptions", subscription);
  };
  for (const field of ["input_tokens", "output_tokens"]) {
    await done("POST", "/master-data/metrics", {
      key: field,
      name: field,
      event_type: "llm",
      aggregation: "sum",
      field,
    });
  }
  const tiers = [
    { up_to: 5_000_000, unit_amount: "0.000003" },
    { up_to: null, unit_amount: "0.0000024" },
  ];
  const prices = [
    { model: "flat", amount: 20.0 },
    { model: "graduated", metric_id: "input_tokens", tiers },
    { model: "per_unit", metric_id: "output_tokens", unit_amount: 0.000015 },
  ];
  await done("POST", "/master-data/plans", { key: "llm_plan", name: "LLM", currency: "USD", prices });
  await customer("ada");
  await customer("bob", false);
  return { clock, customer };
}

/** A usage event of the plan. */
export function usage(
  event_id: string,
  customer_id: string,
  timestamp: string,
  input: unknown,
  output: unknown = 0,
) {
  const properties = { input_tokens: input, output_tokens: output };
  return { event_id, event_type: "llm", customer_id, timestamp, properties };
}
