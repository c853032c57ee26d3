import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const call: BillingWorld["call"] = (...given) => world.call(...given);
const ledger = (path: string) => done("GET", `/admin/ledger/${path}`);
const advance = (to: string) => done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to });

/** "1150 debits/credits balance" of every row that is not empty. */
async function trial(query = ""): Promise<string[]> {
  const { rows } = await ledger(`trial-balance${query}`);
  return rows
    .map(
      ({ code, debits, credits, balance }) => `${code} ${short(debits)}/${short(credits)} ${short(balance)}`,
    )
    .filter((row) => !row.endsWith(" 0/0 0"));
}

function short(amount: unknown): string {
  return String(amount).replace(/\.?0+$/, "");
}

interface Side {
  readonly code: number;
  readonly owner_id: string | null;
}

/** "invoice_issued D1100 C1150 23.49", oldest first. */
async function transfers(query: string): Promise<string[]> {
  const { rows } = await ledger(`transfers?${query}`);
  return rows
    .map(({ name, debit, credit, amount }) => {
      return `${name} D${(debit as Side).code} C${(credit as Side).code} ${short(amount)}`;
    })
    .reverse();
}

let ada = "";
let invoice = "";

beforeAll(async () => {
  world = await openBillingWorld();
  const { rows } = await done("GET", "/master-data/customers?external_id=ada");
  ada = String(rows[0]?.id);
}, 60_000);
afterAll(async () => {
  await world.app.close();
  expect(world.app.troubles).toEqual([]);
});

describe("the ledger over a month", () => {
  test("accrues usage as it comes, one transfer for all events of a batch", async () => {
    expect(await trial()).toEqual([]);
    const events = [
      usage("a", "ada", "2023-11-16T18:17:03.979Z", 4_000_000, 100_000),
      usage("b", "ada", "2023-11-20T00:00:00Z", "3000000.5", 145_896),
    ];
    await done("POST", "/usage/events?wait=applied", { events });
    // 5,000,000 × 0.000003 + 2,000,000.5 × 0.0000024 + 245,896 × 0.000015
    expect(await trial()).toEqual(["1150 23.4884412/0 23.4884412", "4010 0/23.4884412 23.4884412"]);
    expect(await transfers("customer_id=ada")).toEqual(["usage_accrued D1150 C4010 23.4884412"]);
    await done("POST", "/usage/events?wait=applied", { events });
    expect(await transfers("customer_id=ada")).toHaveLength(1);
  });

  test("takes back what a void takes away", async () => {
    await done("POST", "/usage/events?wait=applied", usage("c", "ada", "2023-11-21T00:00:00Z", 1_000_000));
    await done("POST", "/usage/events/c/void", { customer_id: "ada" });
    expect((await transfers("customer_id=ada")).slice(1)).toEqual([
      "usage_accrued D1150 C4010 2.4",
      "usage_accrued D4010 C1150 2.4",
    ]);
  });

  test("posts an invoice as one chain, its rounding at 5090 and its credit used", async () => {
    await done("POST", "/credits/grants", {
      customer_id: "ada",
      amount: 10,
      currency: "USD",
      kind: "promotional",
    });
    await advance("2023-12-02T00:00:00Z");
    const { rows } = await done("GET", "/invoicing/invoices?customer_id=ada");
    expect(rows[0]).toMatchObject({ total: "43.49", amount_due: "33.49" });
    invoice = String(rows[0]?.id);
    expect(await transfers(`invoice_id=${invoice}`)).toEqual([
      "invoice_issued D1100 C1150 23.49",
      "invoice_issued D1100 C4020 20",
      "invoice_rounding D1150 C5090 0.0015588",
      "credit_used D2110 C1100 10",
    ]);
    expect(await trial()).toEqual([
      "1100 43.49/10 33.49",
      "1150 25.89/25.89 0",
      "2110 10/10 0",
      "4010 2.4/25.8884412 23.4884412",
      "4020 0/20 20",
      "5030 10/0 10",
      "5090 0/0.0015588 -0.0015588",
    ]);
  });

  test("accrues what late usage adds to an invoice, as the line that waits", async () => {
    await done("POST", "/usage/events?wait=applied", usage("late", "ada", "2023-11-16T00:00:00Z", 1_000_000));
    expect((await transfers("customer_id=ada&code=1")).at(-1)).toBe("usage_accrued D1150 C4010 2.4");
  });
});

describe("a spend limit", () => {
  test("has a budget on a ledger of its own, which usage draws down to nothing", async () => {
    await done("POST", "/spend-control/limits", {
      customer_id: "ada",
      monthly_limit: "30.00",
      action_on_exceed: "notify",
    });
    const budget = async () => {
      const { rows } = await ledger("accounts?code=9010");
      return rows.map(({ credits, debits, balance }) => [credits, debits, balance].map(short).join(" "));
    };
    // The base fee of December is spent from its start: 20 of 30.
    expect(await budget()).toEqual(["30 20 10"]);
    await done("POST", "/usage/events?wait=applied", usage("d", "ada", "2023-12-02T00:00:00Z", 1_000_000));
    expect(await budget()).toEqual(["30 23 7"]);
    await done("POST", "/usage/events?wait=applied", usage("e", "ada", "2023-12-02T00:00:00Z", 4_000_000));
    expect(await budget()).toEqual(["30 30 0"]);
    expect(await transfers("code=61")).toEqual([
      "budget_used D9010 C9020 20",
      "budget_used D9010 C9020 3",
      "budget_used D9010 C9020 7",
    ]);
  });
});

describe("reading the ledger", () => {
  test("lists accounts with their balances, by code, customer and currency", async () => {
    const { rows } = await ledger("accounts?customer_id=ada&code=1100");
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        ledger: expect.any(Number),
        currency: "USD",
        code: 1100,
        name: "Accounts receivable",
        owner_id: ada,
        customer_id: ada,
        debits: "43.4900000000",
        credits: "10.0000000000",
        debits_pending: "0.0000000000",
        credits_pending: "0.0000000000",
        balance: "33.4900000000",
        created_at: expect.any(String),
      },
    ]);
    const [receivable] = rows;
    expect(await transfers(`account_id=${receivable?.id}`)).toEqual([
      "invoice_issued D1100 C1150 23.49",
      "invoice_issued D1100 C4020 20",
      "credit_used D2110 C1100 10",
    ]);
    expect(await transfers(`account_id=${receivable?.id}&customer_id=bob`)).toEqual([]);
    expect((await ledger("accounts?currency=EUR")).rows).toEqual([]);
    expect(await trial("?currency=EUR")).toEqual([]);
    const all = await ledger("accounts?limit=100");
    expect(all.rows.length).toBeGreaterThan(8);
    const [first] = (await ledger("accounts?limit=1")).rows;
    expect(first).toEqual(all.rows[0] ?? {});
  });

  test("goes on page by page, each transfer once", async () => {
    const all = (await ledger("transfers?limit=100")).rows.map(({ id }) => id);
    const paged: unknown[] = [];
    for (let cursor = ""; ; ) {
      const { rows, page } = await ledger(`transfers?limit=3${cursor}`);
      paged.push(...rows.map(({ id }) => id));
      if (page?.has_more !== true) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(paged).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
  });

  test("shows a transfer with its accounts, amounts at full scale", async () => {
    const { rows } = await ledger(`transfers?invoice_id=${invoice}&code=14`);
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        ledger: expect.any(Number),
        currency: "USD",
        code: 14,
        name: "invoice_rounding",
        kind: "posted",
        debit: { account_id: expect.any(String), code: 1150, owner_id: ada },
        credit: { account_id: expect.any(String), code: 5090, owner_id: null },
        amount: "0.0015588000",
        pending_id: null,
        reference: expect.stringMatching(/^[0-9a-f]{32}$/),
        at: "2023-12-01T01:00:00Z",
      },
    ]);
    const again = await ledger(`transfers?reference=${rows[0]?.reference}`);
    expect(again.rows).toHaveLength(4);
  });

  test("refuses what makes no sense, and shows nothing of another company", async () => {
    for (const query of [
      "account_id=1",
      "code=0",
      "code=x",
      "currency=usd",
      "customer=ada",
      "reference=zz",
    ]) {
      expect((await call("GET", `/api/v1/admin/ledger/transfers?${query}`)).error?.code).toBe("VAL_001");
    }
    expect((await call("GET", "/api/v1/admin/ledger/accounts?customer_id=nobody")).error?.code).toBe(
      "RES_001",
    );
    const [account] = (await ledger("accounts?code=1100")).rows;
    const borea = world.app.borea.call;
    const theirs = async (path: string) => (await borea("GET", `/api/v1/admin/ledger/${path}`)).rows;
    expect(await theirs("accounts")).toEqual([]);
    expect(await theirs("transfers")).toEqual([]);
    expect(await theirs("trial-balance")).toEqual([]);
    expect(await theirs(`transfers?account_id=${account?.id}`)).toEqual([]);
    expect(await theirs(`transfers?invoice_id=${invoice}`)).toEqual([]);
  });
});
