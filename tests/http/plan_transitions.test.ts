import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
const ids: Record<string, string> = {};
beforeAll(async () => {
  app = await openApp();
  for (const key of ["free", "pro", "max", "lonely"]) ids[key] = (await newPlan(key)).id;
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const plans = "/api/v1/master-data/plans";
const transitions = "/api/v1/master-data/plan-transitions";

function newPlan(key: string) {
  const prices = [{ model: "flat", amount: 1 }];
  return app.atlas.call("POST", plans, { key, name: key, currency: "USD", prices });
}

async function ruleNow(from: string, to: string) {
  const { catalog } = (await app.services.companies.meet(app.atlas.id)) ?? expect.unreachable();
  return catalog.transition(ids[from] ?? "", ids[to] ?? "");
}

describe("plan transitions", () => {
  test("are created for plans by key or id, read, listed, changed in versions and archived", async () => {
    const { call } = app.atlas;
    const rule = { from: "free", to: ids.pro, timing: "immediate", proration: "day" };
    const made = await call("POST", transitions, rule);
    expect(made.status).toBe(201);
    expect(made.id).toStartWith("trans_");
    expect(made.payload).toEqual({
      id: made.id,
      from: ids.free,
      to: ids.pro,
      allowed: true,
      timing: "immediate",
      proration: "day",
      version: 1,
      archived: false,
      created_at: made.payload.created_at,
      updated_at: made.payload.created_at,
    });
    expect((await call("GET", `${transitions}/${made.id}`)).payload).toEqual(made.payload);
    for (const query of ["from=free", `to=${ids.pro}`, "from=free&to=pro"]) {
      expect((await call("GET", `${transitions}?${query}`)).rows).toEqual([made.payload]);
    }
    for (const query of ["from=pro", "to=nothing", "from=*"]) {
      expect((await call("GET", `${transitions}?${query}`)).rows).toEqual([]);
    }
    expect(await ruleNow("free", "pro")).toEqual({ allowed: true, timing: "immediate", proration: "day" });

    const changed = await call("PATCH", `${transitions}/${made.id}`, {
      allowed: false,
      proration: null,
      usage: "carry_over",
    });
    expect(changed.payload).toMatchObject({
      from: ids.free,
      allowed: false,
      usage: "carry_over",
      version: 2,
    });
    expect(changed.payload).not.toHaveProperty("proration");
    expect(await ruleNow("free", "pro")).toEqual({
      allowed: false,
      timing: "immediate",
      usage: "carry_over",
    });

    expect((await call("DELETE", `${transitions}/${made.id}`)).payload).toMatchObject({ archived: true });
    expect(await ruleNow("free", "pro")).toBeNull();
    expect((await call("POST", transitions, rule)).status).toBe(201);
  });

  test("hold for the pair they fit best", async () => {
    const { call } = app.atlas;
    await call("POST", transitions, { from: "*", to: "*", timing: "period_end" });
    await call("POST", transitions, { from: "*", to: "max", unused: "none" });
    await call("POST", transitions, { from: "pro", to: "*", usage: "bill_now" });
    await call("POST", transitions, { from: "pro", to: "max", proration: "second" });
    expect(await ruleNow("pro", "max")).toEqual({ allowed: true, proration: "second" });
    expect(await ruleNow("pro", "lonely")).toEqual({ allowed: true, usage: "bill_now" });
    expect(await ruleNow("lonely", "max")).toEqual({ allowed: true, unused: "none" });
    expect(await ruleNow("max", "lonely")).toEqual({ allowed: true, timing: "period_end" });
  });

  test("are one for a pair, whichever way its plans are named", async () => {
    const { call } = app.atlas;
    const made = await call("POST", transitions, { from: "max", to: "free" });
    for (const pair of [
      { from: "max", to: "free" },
      { from: ids.max, to: ids.free, allowed: false },
    ]) {
      const told = await call("POST", transitions, pair);
      expect([told.status, told.error?.code, told.error?.field]).toEqual([409, "RES_002", "to"]);
    }
    expect((await call("POST", transitions, { from: "free", to: "max" })).status).toBe(201);
    await call("DELETE", `${transitions}/${made.id}`);
    expect((await call("POST", transitions, { from: "max", to: "free" })).status).toBe(201);
  });

  test("lead away from a plan that is archived, never to one", async () => {
    const { call } = app.atlas;
    const { id } = await newPlan("retired");
    await call("DELETE", `${plans}/retired`);
    expect((await call("POST", transitions, { from: id, to: "pro" })).payload).toMatchObject({ from: id });
    const back = await call("POST", transitions, { from: "pro", to: id });
    expect(back.error).toMatchObject({ code: "VAL_001", field: "to" });
  });

  test("refuse what is not right, naming the field", async () => {
    const { call } = app.atlas;
    const { id } = await call("POST", transitions, { from: "lonely", to: "lonely" });
    const theirs = await app.borea.call("POST", plans, {
      key: "theirs",
      name: "Theirs",
      currency: "USD",
      prices: [{ model: "flat", amount: 1 }],
    });
    const pair = { from: "free", to: "lonely" };
    const refusals: [method: string, body: Record<string, unknown>, field: string][] = [
      ["POST", { from: "free" }, "to"],
      ["POST", { to: "free" }, "from"],
      ["POST", { ...pair, from: "nothing" }, "from"],
      ["POST", { ...pair, to: "nothing" }, "to"],
      ["POST", { ...pair, to: theirs.id }, "to"],
      ["POST", { ...pair, allowed: "no" }, "allowed"],
      ["POST", { ...pair, timing: "later" }, "timing"],
      ["POST", { ...pair, proration: "hour" }, "proration"],
      ["POST", { ...pair, unused: "refund" }, "unused"],
      ["POST", { ...pair, usage: "drop" }, "usage"],
      ["POST", { ...pair, key: "mine" }, "key"],
      ["PATCH", { to: "pro" }, "to"],
      ["PATCH", { allowed: null }, "allowed"],
    ];
    for (const [method, body, field] of refusals) {
      const told = await call(method, method === "POST" ? transitions : `${transitions}/${id}`, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
    }
    expect((await app.borea.call("GET", `${transitions}/${id}`)).status).toBe(404);
    expect((await app.borea.call("GET", transitions)).rows).toEqual([]);
  });

  test("need a scope of their own", async () => {
    const scopes = ["plans:read", "plans:write", "plan_transitions:read"];
    const { payload } = await app.atlas.call("POST", "/api/v1/admin/api-keys", { name: "Reader", scopes });
    const headers = { "X-API-Key": String(payload.key) };
    const asKey = async (method: string, sent: { body?: string } = {}) =>
      (await app.front(new Request(`http://localhost${transitions}`, { method, headers, ...sent }))).status;
    expect(await asKey("GET")).toBe(200);
    expect(await asKey("POST", { body: JSON.stringify({ from: "*", to: "lonely" }) })).toBe(403);
  });
});
