import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { tableLines } from "../table.ts";
import { customers, dayStart, limited, metrics, month, plans } from "./catalog.ts";
import { DemoClient, Refused, type Shown } from "./client.ts";
import { Progress } from "./progress.ts";
import { invoiceText, nextSteps } from "./report.ts";
import { eventsOfMonth, usageOfDay } from "./usage.ts";

export interface DemoOptions {
  readonly url: string;
  /** An access token of the company's owner. */
  readonly token: string;
  /** Null where the login was printed at an earlier start. */
  readonly login: { readonly email: string; readonly password: string } | null;
  readonly out: (text: string) => void;
  /** True on a terminal, where progress is shown in place. */
  readonly interactive: boolean;
}

const BATCH = 500;
/** Past the month's end and the hour of grace, when invoices have been issued. */
const AFTERWARDS = "2026-03-02T00:00:00Z";

/**
 * Seeds the demo company through the HTTP API, as any client would: catalog, customers, a month of usage day by day
 * on a test clock, a spend limit that suspends and is raised, invoices. Run again, it goes on where it was.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { out } = options;
  const api = new DemoClient(options.url, options.token);
  out("\nSeeding the demo company: an AI product on a test clock, February 2026.\n\n");
  const clock = await setUp(api);
  const counts = await liveThrough(api, clock, options);
  await finish(api, clock);
  await summarize(api, counts, options);
}

async function setUp(api: DemoClient): Promise<Shown> {
  const clock = await api.post("/admin/test-clocks", { name: "February 2026", now: month.start }, "clock");
  for (const metric of metrics) await api.post("/master-data/metrics", metric, `metric-${metric.key}`);
  for (const plan of plans) await api.post("/master-data/plans", plan, plan.key);
  for (const { external_id, name, plan, subscription } of customers) {
    await api.post("/master-data/customers", { external_id, name, test_clock_id: clock.id }, external_id);
    const started = { customer_id: external_id, plan_id: plan, external_id: subscription };
    await api.post("/subscriptions", started, subscription);
  }
  const limit = {
    customer_id: limited.external_id,
    monthly_limit: limited.limit,
    action_on_exceed: "suspend",
  };
  await api.post("/spend-control/limits", limit, "limit");
  return clock;
}

/** Sends the usage of every day and moves the clock to the next; answers the events per customer. */
async function liveThrough(
  api: DemoClient,
  clock: Shown,
  { out, interactive }: DemoOptions,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const progress = new Progress(eventsOfMonth, "events", out, interactive);
  const present = String((await api.get(`/admin/test-clocks/${clock.id}`)).now);
  let suspendedOn: number | null = null;
  for (let day = 1; day <= month.days; day++) {
    const events = usageOfDay(day);
    for (const { customer_id } of events) counts.set(customer_id, (counts.get(customer_id) ?? 0) + 1);
    const lived = dayStart(day + 1) > present; // else an earlier run has
    if (lived) {
      const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, i) =>
        events.slice(i * BATCH, (i + 1) * BATCH),
      );
      await Promise.all(batches.map((batch) => api.post("/usage/events", { events: batch }, null)));
      await api.post(`/admin/test-clocks/${clock.id}/advance`, { to: dayStart(day + 1) }, null);
    }
    progress.add(events.length);
    if (lived) suspendedOn = await watchLimit(api, day, suspendedOn, (line) => progress.say(line));
  }
  progress.end();
  return counts;
}

/** Tells when the limited customer is suspended, and raises its limit after some days. */
async function watchLimit(
  api: DemoClient,
  day: number,
  suspendedOn: number | null,
  say: (line: string) => void,
) {
  if (suspendedOn !== null && day < suspendedOn + limited.patience) return suspendedOn;
  const status = await api.get(`/spend-control/status?customer_id=${limited.external_id}`);
  const date = `${dayStart(day).slice(0, 10)}  ${limited.name}`;
  if (suspendedOn === null) {
    if (status.state !== "suspended") return null;
    say(`${date} has spent ${status.spend} of ${limited.limit} USD: suspended`);
    return day;
  }
  if (status.state === "suspended") {
    const raised = { monthly_limit: limited.raised };
    await api.patch(`/spend-control/limits/${status.limit_id}`, raised, "raise");
    const { status: now } = await api.get("/subscriptions/sub_tessellate");
    say(`${date} raises its limit to ${limited.raised} USD: ${now}`);
  }
  return suspendedOn;
}

async function finish(api: DemoClient, clock: Shown): Promise<void> {
  try {
    await api.post(`/admin/test-clocks/${clock.id}/advance`, { to: AFTERWARDS }, null);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "VAL_001") throw error; // it has been there already
  }
}

async function summarize(
  api: DemoClient,
  counts: ReadonlyMap<string, number>,
  options: DemoOptions,
): Promise<void> {
  const { out, url, login } = options;
  const invoices = (await api.list("/invoicing/invoices?limit=100")) as unknown as Invoice[];
  const rows: string[][] = [];
  let shown: Invoice | null = null;
  for (const { external_id, name, plan } of customers) {
    const { id } = await api.get(`/master-data/customers/${external_id}`);
    const invoice = invoices.find((candidate) => candidate.customer_id === id);
    const status = await api.get(`/spend-control/status?customer_id=${external_id}`);
    const events = String(counts.get(external_id) ?? 0);
    rows.push([
      name,
      external_id,
      plan,
      events,
      invoice?.number ?? "",
      invoice?.total ?? "",
      invoice?.status ?? "",
      String(status.spend),
    ]);
    if (external_id === "cust_abc" && invoice !== undefined) shown = invoice;
  }
  const header = [
    "Customer",
    "external_id",
    "Plan",
    "Events",
    "Invoice",
    "February",
    "Status",
    "Spend in March",
  ];
  out(`\n${tableLines(header, rows, [3, 5, 7]).join("\n")}\n`);
  if (shown !== null) out(`\n${invoiceText(shown, "Acme Robotics")}\n`);
  const scopes = [
    "events:write",
    "usage:read",
    "spend:read",
    "invoices:read",
    "ledger:read",
    "subscriptions:read",
    "customers:read",
  ];
  const { key } = await api.post("/admin/api-keys", { name: "Demo", scopes }, "api-key");
  if (login !== null) {
    out(`\nAdmin login\n  e-mail    ${login.email}\n  password  ${login.password}\n`);
  }
  out(
    `API key     ${key}\nTry the API ${url}/docs\n\nThree requests to begin with:\n\n${nextSteps(url, String(key))}\n\n`,
  );
}
