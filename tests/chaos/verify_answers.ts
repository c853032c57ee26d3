import type { Client } from "./client.ts";
import { type Done, quantityOf } from "./commands.ts";
import { centsOf, inCents, type Journal, monthlyCents, type Sum } from "./journal.ts";
import { subscriptionOf, type World } from "./world.ts";

const sampledEvents = 500;
const unbilled = 1150;
const nothing: Sum = { jobs: 0, units: 0 };

interface Line {
  readonly type: string;
  readonly amount: string;
  readonly period_start: string;
}

interface Invoice {
  readonly number: string | null;
  readonly customer_id: string;
  readonly status: string;
  readonly total: string;
  readonly credits_applied: string;
  readonly period_start: string;
  readonly line_items: readonly Line[];
}

/** All that a run knows must be so. */
export interface Expected {
  readonly world: World;
  readonly journal: Journal;
  readonly done: Done;
  /** The months that ended for those on test clocks, as `2023-01`. */
  readonly months: readonly string[];
}

/** Compares what the API says with what was acknowledged, by arithmetic of the run's own. Answers the differences. */
export async function verifyAnswers(client: Client, expected: Expected): Promise<string[]> {
  return [
    ...(await differingSpend(client, expected)),
    ...(await differingAccruals(client, expected)),
    ...(await differingInvoices(client, expected)),
    ...(await differingEvents(client, expected)),
    ...(await differingCommands(client, expected)),
  ];
}

/** Spend as of the open period, by customer: jobs, units and what they cost. */
async function differingSpend(client: Client, { world, journal }: Expected): Promise<string[]> {
  const wrong: string[] = [];
  const months = journal.months();
  for (const customer of world.real) {
    const meant = summed(months.get(customer)?.values() ?? []);
    const { payload } = await client.must("GET", `/subscriptions/${subscriptionOf(customer)}/usage`);
    const said = `${quantityOf(payload, "jobs")} jobs, ${quantityOf(payload, "units")} units, ${inCents(payload.usage_amount)} cents`;
    const right = `${meant.jobs} jobs, ${meant.units} units, ${centsOf(meant)} cents`;
    if (said !== right) wrong.push(`${customer}: the API says ${said}; acknowledged ${right}`);
  }
  return wrong;
}

/** What the ledger has accrued and not yet billed, by customer. */
async function differingAccruals(client: Client, { world, journal }: Expected): Promise<string[]> {
  const wrong: string[] = [];
  const months = journal.months();
  const names = await namesById(client);
  const said = new Map<string, number>();
  for (const account of await client.all(`/admin/ledger/accounts?code=${unbilled}`)) {
    const name = names.get(String(account.customer_id)) ?? String(account.customer_id);
    said.set(name, (said.get(name) ?? 0) + inCents(account.balance));
  }
  for (const customer of [...world.real, ...world.punctual, ...world.late]) {
    const isReal = world.real.includes(customer);
    const meant = isReal ? centsOf(summed(months.get(customer)?.values() ?? [])) : 0;
    const has = said.get(customer) ?? 0;
    if (has !== meant)
      wrong.push(`${customer}: the ledger has accrued ${has} cents, to be billed are ${meant}`);
  }
  return wrong;
}

/** Every month of a customer on a test clock is billed once, and comes to what its usage costs. */
async function differingInvoices(client: Client, expected: Expected): Promise<string[]> {
  const { world, journal, months, done } = expected;
  const wrong: string[] = [];
  const usage = journal.months();
  const names = await namesById(client);
  const invoices = (await client.all("/invoicing/invoices")) as unknown as Invoice[];
  wrong.push(...misnumbered(invoices));
  const byCustomer = Map.groupBy(invoices, ({ customer_id }) => names.get(customer_id) ?? customer_id);
  for (const customer of [...world.punctual, ...world.late]) {
    const own = byCustomer.get(customer) ?? [];
    const meant = new Map(
      months.map((month) => [month, monthlyCents + centsOf(usage.get(customer)?.get(month) ?? nothing)]),
    );
    const isPunctual = world.punctual.includes(customer);
    wrong.push(...differingMonths(customer, own, meant, isPunctual));
    const given = (done.grants.get(customer) ?? []).reduce((a, b) => a + b, 0);
    const applied = own.reduce((sum, invoice) => sum + inCents(invoice.credits_applied), 0);
    const left = await creditOf(client, customer);
    if (isPunctual && given !== applied + left)
      wrong.push(`${customer}: was given ${given} cents of credit; ${applied} are used and ${left} left`);
  }
  return wrong;
}

function differingMonths(
  customer: string,
  invoices: readonly Invoice[],
  meant: ReadonlyMap<string, number>,
  isPunctual: boolean,
): string[] {
  const wrong: string[] = [];
  const billed = new Map<string, number>();
  for (const { line_items } of invoices) {
    for (const { period_start, amount } of line_items) {
      const month = period_start.slice(0, 7);
      billed.set(month, (billed.get(month) ?? 0) + inCents(amount));
    }
  }
  for (const [month, cents] of meant) {
    if (billed.get(month) !== cents)
      wrong.push(
        `${customer}: ${month} is billed with ${billed.get(month) ?? "nothing"}, not ${cents} cents`,
      );
    billed.delete(month);
    const own = invoices.filter(({ period_start }) => period_start.startsWith(month));
    if (own.length !== 1) wrong.push(`${customer}: ${month} has ${own.length} invoices`);
    const [invoice] = own;
    // Whose usage is never late has nothing on an invoice but its own month.
    if (isPunctual && invoice !== undefined && inCents(invoice.total) !== cents)
      wrong.push(`${customer}: the invoice of ${month} comes to ${invoice.total}, not ${cents} cents`);
    if (invoice?.status === "draft") wrong.push(`${customer}: the invoice of ${month} is not issued`);
  }
  for (const [month, cents] of billed) wrong.push(`${customer}: ${cents} cents are billed for ${month}`);
  return wrong;
}

/** Numbers of issued invoices run from 1 on, without gaps, each given once. */
function misnumbered(invoices: readonly Invoice[]): string[] {
  const numbers = invoices.flatMap(({ number }) =>
    number === null ? [] : [Number(/\d+$/.exec(number)?.[0])],
  );
  numbers.sort((a, b) => a - b);
  const at = numbers.findIndex((number, i) => number !== i + 1);
  return at < 0 ? [] : [`invoice numbers: after ${at} comes ${numbers[at]}`];
}

/** Some events one by one. */
async function differingEvents(client: Client, { journal }: Expected): Promise<string[]> {
  const wrong: string[] = [];
  const events = [...journal.events()];
  const step = Math.max(1, Math.floor(events.length / sampledEvents));
  for (let i = 0; i < events.length; i += step) {
    const event = events[i];
    if (event === undefined) continue;
    const { event_id, customer_id } = event;
    const { status, payload } = await client.sure(
      "GET",
      `/usage/events/${event_id}?customer_id=${customer_id}`,
    );
    const meant = journal.isVoided(event) ? "voided" : "applied";
    if (status !== 200 || payload.status !== meant)
      wrong.push(`${event_id} of ${customer_id} is ${payload?.status ?? status}, not ${meant}`);
  }
  return wrong;
}

/** Every command that was answered is done, once. */
async function differingCommands(client: Client, { done }: Expected): Promise<string[]> {
  const wrong: string[] = [];
  for (const [customer, grants] of done.grants) {
    const rows = await client.all(`/credits/grants?customer_id=${customer}`);
    const said = rows.filter(({ kind }) => kind === "promotional").map(({ amount }) => inCents(amount));
    const inOrder = (list: readonly number[]) => list.toSorted((a, b) => a - b).join(" ");
    if (inOrder(said) !== inOrder(grants))
      wrong.push(`${customer}: has ${said.length} grants of credit, was given ${grants.length}`);
  }
  for (const [customer, { id, amount }] of done.limits) {
    const { payload } = await client.must("GET", `/spend-control/limits/${id}`);
    if (payload.monthly_limit !== amount)
      wrong.push(`${customer}: its limit is ${payload.monthly_limit}, was set to ${amount}`);
    const rows = await client.all(`/spend-control/limits?customer_id=${customer}`);
    if (rows.length !== 1) wrong.push(`${customer}: has ${rows.length} limits`);
  }
  for (const [id, { customer, status }] of done.sides) {
    const rows = await client.all(`/subscriptions?customer_id=${customer}`);
    const own = rows.filter(({ external_id }) => external_id === id);
    if (own.length !== 1 || own[0]?.status !== status)
      wrong.push(`${id}: ${own.length} of it, ${own[0]?.status}; was made ${status}`);
  }
  return wrong;
}

async function creditOf(client: Client, customer: string): Promise<number> {
  const rows = await client.all(`/credits/grants?customer_id=${customer}`);
  return rows.reduce((sum, { remaining }) => sum + inCents(remaining), 0);
}

async function namesById(client: Client): Promise<Map<string, string>> {
  const customers = await client.all("/master-data/customers");
  return new Map(customers.map(({ id, external_id }) => [String(id), String(external_id)]));
}

function summed(sums: Iterable<Sum>): Sum {
  let [jobs, units] = [0, 0];
  for (const sum of sums) {
    jobs += sum.jobs;
    units += sum.units;
  }
  return { jobs, units };
}
