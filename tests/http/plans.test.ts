import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
let metric = "";
beforeAll(async () => {
  app = await openApp();
  metric = (await app.atlas.call("POST", metrics, { ...seats, key: "seats_used" })).id;
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const metrics = "/api/v1/master-data/metrics";
const prices = "/api/v1/master-data/prices";
const plans = "/api/v1/master-data/plans";
const seats = { name: "Seats", event_type: "seat", aggregation: "count" };
const fee = { model: "flat", amount: 10 };
const plan = { name: "Plan", currency: "USD", prices: [fee] };

describe("a plan", () => {
  test("has a trial, a commitment and entitlements, until they are taken away", async () => {
    const { call } = app.atlas;
    const made = await call("POST", plans, {
      ...plan,
      key: "whole",
      trial_days: 14,
      commitment: { amount: 1200.5, period: "year" },
      entitlements: [
        { key: "sso", kind: "boolean" },
        { key: "seats", kind: "limit", value: 5.0, metric_id: "seats_used" },
        { key: "projects", kind: "limit" },
        { key: "support", kind: "config", value: { hours: 24, channels: ["email"] } },
      ],
    });
    const terms = {
      trial_days: 14,
      commitment: { amount: "1200.5", period: "year" },
      entitlements: [
        { key: "sso", kind: "boolean", value: true },
        { key: "seats", kind: "limit", value: "5", metric_id: metric },
        { key: "projects", kind: "limit", value: null },
        { key: "support", kind: "config", value: { hours: 24, channels: ["email"] } },
      ],
    };
    expect(made.payload).toMatchObject(terms);
    expect((await call("GET", `${plans}/whole`)).payload).toEqual(made.payload);
    const renamed = await call("PATCH", `${plans}/whole`, { name: "Whole" });
    expect(renamed.payload).toMatchObject({ ...terms, name: "Whole", version: 2 });

    const entitlements = [{ key: "sso", kind: "boolean", value: false }];
    const bare = { trial_days: null, commitment: null, entitlements };
    const less = (await call("PATCH", `${plans}/whole`, bare)).payload;
    expect(less).toMatchObject({ entitlements, version: 3 });
    expect(less).not.toHaveProperty("trial_days");
    expect(less).not.toHaveProperty("commitment");
    const none = (await call("PATCH", `${plans}/whole`, { entitlements: null })).payload;
    expect(none).not.toHaveProperty("entitlements");

    const { catalog } = (await app.services.companies.meet(app.atlas.id)) ?? expect.unreachable();
    expect(catalog.plan(made.id, 1)).toMatchObject({ trialDays: 14, commitment: { period: "year" } });
    expect(catalog.currentPlan("whole")).toMatchObject({ trialDays: 0, commitment: null, entitlements: [] });
  });

  test("may be billed a year ahead with usage by the month, in several currencies", async () => {
    const { call } = app.atlas;
    await call("POST", prices, { ...fee, currency: "EUR", key: "euro_fee" });
    const made = await call("POST", plans, {
      ...plan,
      key: "mixed",
      prices: [
        { ...fee, interval: "year" },
        { model: "per_unit", metric_id: "seats_used", unit_amount: "0.5", interval: "month" },
        { ...fee, interval: "month", interval_count: 3 },
        "euro_fee",
        { ...fee, currency: "JPY", amount: 1500 },
      ],
    });
    expect(made.payload.prices).toMatchObject([
      { interval: "year", currency: "USD" },
      { interval: "month", currency: "USD" },
      { interval: "month", interval_count: 3 },
      { currency: "EUR" },
      { currency: "JPY", amount: "1500" },
    ]);
    const other = await call("PATCH", `${plans}/mixed`, { currency: "JPY" });
    expect(other.payload).toMatchObject({ currency: "JPY", version: 2 });
    const lost = await call("PATCH", `${plans}/mixed`, { currency: "GBP" });
    expect(lost.error).toMatchObject({ code: "VAL_001", field: "prices" });
  });

  test("keeps an entitlement to a metric that is archived, and takes up none", async () => {
    const { call } = app.atlas;
    const old = await call("POST", metrics, { ...seats, key: "old_seats" });
    const entitlements = [{ key: "seats", kind: "limit", value: 3, metric_id: "old_seats" }];
    await call("POST", plans, { ...plan, key: "on_old", entitlements });
    await call("DELETE", `${metrics}/old_seats`);
    const kept = [{ key: "seats", kind: "limit", value: "4", metric_id: old.id }];
    const changed = await call("PATCH", `${plans}/on_old`, { entitlements: kept });
    expect(changed.payload).toMatchObject({ entitlements: kept, version: 2 });
    const again = await call("POST", plans, { ...plan, key: "on_old_too", entitlements: kept });
    expect(again.error).toMatchObject({ code: "VAL_001", field: "entitlements[0].metric_id" });
  });

  test("is refused where something is not right, naming the path", async () => {
    const { call } = app.atlas;
    const theirs = await app.borea.call("POST", metrics, { ...seats, key: "theirs" });
    const limit = { key: "seats", kind: "limit", value: 1 };
    const refusals: [parts: Record<string, unknown>, field: string][] = [
      [{ trial_days: -1 }, "trial_days"],
      [{ trial_days: "14" }, "trial_days"],
      [{ trial_days: 3651 }, "trial_days"],
      [{ commitment: { amount: 0, period: "month" } }, "commitment.amount"],
      [{ commitment: { amount: 5 } }, "commitment.period"],
      [{ commitment: { amount: 5, period: "term" } }, "commitment.period"],
      [{ commitment: { amount: 5, period: "month", currency: "EUR" } }, "commitment.currency"],
      [{ entitlements: [{ ...limit, kind: "gift" }] }, "entitlements[0].kind"],
      [{ entitlements: [{ ...limit, value: -1 }] }, "entitlements[0].value"],
      [{ entitlements: [limit, limit] }, "entitlements[1].key"],
      [{ entitlements: [{ ...limit, metric_id: "nothing" }] }, "entitlements[0].metric_id"],
      [{ entitlements: [{ ...limit, metric_id: theirs.id }] }, "entitlements[0].metric_id"],
      [{ entitlements: [{ key: "sso", kind: "boolean", value: 1 }] }, "entitlements[0].value"],
      [{ entitlements: [{ key: "sso", kind: "boolean", metric_id: metric }] }, "entitlements[0].metric_id"],
      [{ entitlements: [{ key: "tone", kind: "config" }] }, "entitlements[0].value"],
      [{ prices: [{ ...fee, currency: "EUR" }] }, "prices"],
      [{ prices: [{ ...fee, currency: "XXZ" }, fee] }, "prices[0].currency"],
    ];
    for (const [parts, field] of refusals) {
      const told = await call("POST", plans, { ...plan, key: "wrong", ...parts });
      expect([parts, told.error?.code, told.error?.field]).toEqual([parts, "VAL_001", field]);
    }
    expect((await call("GET", `${plans}/wrong`)).error?.code).toBe("RES_001");
  });
});
