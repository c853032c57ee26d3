import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const call: BillingWorld["call"] = (...given) => world.call(...given);

beforeAll(async () => {
  world = await openBillingWorld();
}, 60_000);
afterAll(() => world.app.close());

describe("what is another company's, unknown or of the wrong kind", () => {
  test.each([
    ["GET", "/subscriptions/sub_ada", undefined],
    ["POST", "/subscriptions/sub_ada/cancel", { at: "now" }],
    ["GET", "/subscriptions/sub_ada/usage", undefined],
    ["GET", "/spend-control/status?customer_id=ada", undefined],
    ["POST", "/spend-control/check", { customer_id: "ada", event_type: "llm" }],
    ["POST", "/spend-control/limits", { customer_id: "ada", monthly_limit: 1, action_on_exceed: "notify" }],
    ["POST", "/invoicing/preview", { customer_id: "ada" }],
    ["GET", "/usage/events/a?customer_id=ada", undefined],
    ["POST", "/subscriptions", { customer_id: "ada", plan_id: "llm_plan" }],
  ])("%s %s is not there", async (method, path, body) => {
    expect((await world.app.borea.call(method, `/api/v1${path}`, body)).error?.code).toBe("RES_001");
  });

  test("usage sent for another company's customer never reaches it", async () => {
    const { rows } = await done("GET", "/master-data/customers?external_id=bob");
    const event = usage("foreign", String(rows[0]?.id), new Date().toISOString(), 1);
    const told = await world.app.borea.call("POST", "/api/v1/usage/events?wait=applied", event);
    expect(told.payload.results).toEqual([
      { event_id: "foreign", status: "orphaned", reason: "no_customer" },
    ]);
    expect((await call("GET", "/api/v1/usage/events/foreign?customer_id=bob")).error?.code).toBe("RES_001");
  });

  test.each([
    ["POST", "/subscriptions", { customer_id: "ada", plan_id: "nothing" }, "VAL_001", "plan_id"],
    [
      "POST",
      "/subscriptions",
      { customer_id: "ada", plan_id: "llm_plan", start: "soon" },
      "VAL_001",
      "start",
    ],
    [
      "POST",
      "/subscriptions",
      { customer_id: "ada", plan_id: "llm_plan", trial_end: "soon" },
      "VAL_001",
      "trial_end",
    ],
    ["POST", "/subscriptions/sub_ada/cancel", { at: "2001-01-01T00:00:00Z" }, "VAL_001", "at"],
    [
      "POST",
      "/spend-control/limits",
      { customer_id: "ada", monthly_limit: -1, action_on_exceed: "notify" },
      "VAL_001",
      "monthly_limit",
    ],
    [
      "POST",
      "/spend-control/limits",
      { customer_id: "ada", monthly_limit: 1 },
      "VAL_001",
      "action_on_exceed",
    ],
    [
      "GET",
      "/subscriptions/periods?start=2026-01-01T00:00:00Z&timezone=Mars",
      undefined,
      "VAL_001",
      "timezone",
    ],
    ["GET", "/usage/events/a", undefined, "VAL_001", "customer_id"],
  ])("%s %s with %j names the field", async (method, path, body, code, field) => {
    expect((await call(method, `/api/v1${path}`, body)).error).toMatchObject({ code, field });
  });
});
