import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Told } from "./app.ts";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
let sql: BillingWorld["app"]["owner"];

beforeAll(async () => {
  world = await openBillingWorld();
  sql = world.app.owner;
  for (const name of ["cleo", "dan"]) await world.customer(name);
  const events = ["ada", "cleo", "dan"].flatMap((name) => [
    usage(`${name}-1`, name, "2023-11-16T00:00:00Z", 4_000_000, 1_000),
    usage(`${name}-2`, name, "2023-11-20T00:00:00Z", 2_000_000, 500),
    usage(`${name}-3`, name, "2023-12-02T00:00:00Z", 7, 7),
  ]);
  await world.done("POST", "/usage/events?wait=applied", { events });
}, 60_000);
afterAll(() => world.app.close());

const advance = (to: string) => world.done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to });
const invoiceOf = async (customer: string) =>
  (await world.done("GET", `/invoicing/invoices?customer_id=${customer}`)).rows[0] ?? {};
const proofOf = async (customer: string): Promise<Told> =>
  world.done("GET", `/invoicing/invoices/${(await invoiceOf(customer)).id}/proof`);

/** The tokens of an event as the store has them, changed behind the actor's back. */
async function tamper(eventId: string, tokens: number): Promise<void> {
  await sql`
    update usage_events set properties = jsonb_set(properties::jsonb, '{input_tokens}', ${String(tokens)}::jsonb)
    where event_id = ${eventId}`;
}

describe("the proof of an invoice", () => {
  test("shows of every usage line what the actor kept and what the stored events come to", async () => {
    await advance("2023-12-01T00:30:00Z");
    const { payload } = await proofOf("ada");
    const lines = payload.lines as Record<string, unknown>[];
    expect(payload.agrees).toBe(true);
    // 5,000,000 × 0.000003 + 1,000,000 × 0.0000024, and 1,500 × 0.000015
    expect(lines).toMatchObject([
      {
        metric_key: "input_tokens",
        actor: { quantity: "6000000", amount: "17.40" },
        events: { quantity: "6000000", amount: "17.40" },
        analytics: "unavailable",
        // 17.40 + 0.0225 of November, and 7 × 0.000003 + 7 × 0.000015 of December.
        ledger: { scope: "customer", amount: "17.4226260000", expected: "17.4226260000" },
        agrees: true,
      },
      { metric_key: "output_tokens", events: { quantity: "1500", amount: "0.02" }, agrees: true },
    ]);
  });

  test("fails where a stored event is another, and then the invoice is not issued", async () => {
    await tamper("cleo-2", 2_000_001);
    const { payload } = await proofOf("cleo");
    expect(payload).toMatchObject({
      agrees: false,
      lines: [
        { agrees: false, actor: { quantity: "6000000" }, events: { quantity: "6000001" } },
        { agrees: true },
      ],
    });
    const troubles = world.app.troubles.length;
    await advance("2023-12-05T00:00:00Z");
    expect(await invoiceOf("ada")).toMatchObject({ status: "issued" });
    const proven = (await proofOf("ada")).payload;
    expect(proven).toMatchObject({
      agrees: true,
      lines: [{ ledger: { scope: "invoice", amount: "17.4200000000" } }, { agrees: true }],
    });
    expect(await invoiceOf("cleo")).toMatchObject({ status: "draft", held: true, number: null });
    const { id } = await invoiceOf("cleo");
    expect(world.app.troubles.slice(troubles)).toEqual([
      expect.stringContaining(`ALERT: invoice ${id} of cust_`),
    ]);
    const refused = await world.call("POST", `/api/v1/invoicing/invoices/${id}/issue`, {});
    expect([refused.status, refused.error?.code]).toEqual([409, "RES_002"]);
  });

  test("holds no other invoice up, and one that agrees again is issued on request", async () => {
    expect(await invoiceOf("dan")).toMatchObject({ status: "issued" });
    await tamper("cleo-2", 2_000_000);
    expect((await proofOf("cleo")).payload.agrees).toBe(true);
    const { id } = await invoiceOf("cleo");
    const issued = await world.done("POST", `/invoicing/invoices/${id}/issue`, {});
    expect(issued.payload).toMatchObject({ status: "issued", total: "37.42" });
    expect(issued.payload.number).not.toBeNull();
    world.app.troubles.length = 0;
  });

  test("of an issued invoice follows usage that comes late, and voids", async () => {
    await world.done(
      "POST",
      "/usage/events?wait=applied",
      usage("dan-late", "dan", "2023-11-17T00:00:00Z", 500_000, 0),
    );
    await world.done("POST", "/usage/events/dan-1/void", { customer_id: "dan" });
    expect((await proofOf("dan")).payload).toMatchObject({
      agrees: true,
      lines: [
        { actor: { quantity: "2500000" }, events: { quantity: "2500000" } },
        { actor: { quantity: "500" } },
      ],
    });
  });

  test("fails where an event is missing from the store", async () => {
    const [row] = await sql`delete from usage_events where event_id = 'dan-2' returning *`;
    expect((await proofOf("dan")).payload).toMatchObject({
      agrees: false,
      lines: [{ events: { quantity: "500000" } }, { events: { quantity: "0" } }],
    });
    await sql`insert into usage_events ${sql(row ?? {}, Object.keys(row ?? {}))}`;
    expect((await proofOf("dan")).payload.agrees).toBe(true);
  });

  test("is there for the company's own invoices alone", async () => {
    const { id } = await invoiceOf("ada");
    const foreign = await world.app.borea.call("GET", `/api/v1/invoicing/invoices/${id}/proof`);
    expect(foreign.status).toBe(404);
  });
});
