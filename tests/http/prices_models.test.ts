import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { priceExamples } from "../../shards/http/master_data/price_examples.ts";
import { priceModels } from "../../src/pricing/price_input.ts";
import { openApp, type TestApp } from "./app.ts";

const metrics = "/api/v1/master-data/metrics";
const prices = "/api/v1/master-data/prices";
const plans = "/api/v1/master-data/plans";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
  const { call } = app.atlas;
  await call("POST", "/api/v1/master-data/products", { key: "inference", name: "Inference" });
  const summed = { event_type: "used", aggregation: "sum", field: "value" };
  for (const key of ["api_calls", "payment_volume", "tokens", "output_tokens", "orders"])
    await call("POST", metrics, { key, name: key, ...summed });
  await call("POST", metrics, { key: "peak", name: "Peak", ...summed, aggregation: "max" });
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

describe("the published examples", () => {
  test("show every model", () => {
    const shown = new Set(Object.values(priceExamples).map(({ request }) => request.model));
    expect([...shown].sort()).toEqual([...priceModels].sort());
  });

  test("are those of the route", async () => {
    const { text } = await app.atlas.call("GET", "/openapi.json");
    const { post } = JSON.parse(text).paths[prices];
    const content = "application/json";
    const sent = post.requestBody.content[content].examples;
    const answers = post.responses["201"].content[content].examples;
    expect(Object.keys(sent)).toEqual(Object.keys(priceExamples));
    for (const [name, { request, answer }] of Object.entries(priceExamples)) {
      expect(sent[name]).toEqual({ value: request });
      expect(answers[name].value).toEqual({ success: true, error: null, payload: answer, input: request });
    }
  });

  for (const [name, { request, answer }] of Object.entries(priceExamples)) {
    test(`work: ${name}`, async () => {
      const { call } = app.atlas;
      const made = await call("POST", prices, request);
      expect(made.error).toBeNull();
      const { id: _, product_id, metric_id, created_at: from, updated_at: to, ...shown } = made.payload;
      expect(answer).toMatchObject(shown);
      expect(Object.keys(made.payload).sort()).toEqual(Object.keys(answer).sort());
      expect((await call("GET", `${prices}/${request.key}`)).payload).toEqual(made.payload);
      // What is answered can be sent again, but for what the service adds.
      const { id, version, archived, created_at, updated_at, key, ...sent } = made.payload;
      const again = await call("POST", prices, sent);
      expect(again.payload).toMatchObject(sent);
    });
  }
});

describe("prices of every model", () => {
  test("can be written out in a plan, whose currency they take", async () => {
    const written = Object.values(priceExamples).map(({ request: { key, currency, ...price } }) => price);
    const { call } = app.atlas;
    const made = await call("POST", plans, { key: "all", name: "All", currency: "JPY", prices: written });
    expect(made.error).toBeNull();
    const shown = made.payload.prices as { model: string; currency: string }[];
    expect(shown.map(({ model }) => model)).toEqual(written.map(({ model }) => model));
    expect(new Set(shown.map(({ currency }) => currency))).toEqual(new Set(["JPY"]));
  });

  test("are listed by model", async () => {
    const { rows } = await app.atlas.call("GET", `${prices}?model=matrix`);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.model).toBe("matrix");
  });

  test("answer plain decimals, and what is compared as it was written", async () => {
    const body = `{"metric_id":"tokens","currency":"KWD","model":"matrix","dimensions":["zip"],
      "cells":[{"match":{"zip":"007"},"unit_amount":1e-12},{"match":{"zip":7},"unit_amount":"1.50"}],
      "filters":[{"field":"zip","op":"neq","values":["00"]}],"minimum_amount":5.00,"included_units":1e3}`;
    expect((await app.atlas.call("POST", prices, body)).payload).toMatchObject({
      cells: [
        { match: { zip: "007" }, unit_amount: "0.000000000001" },
        { match: { zip: "7" }, unit_amount: "1.5" },
      ],
      filters: [{ field: "zip", op: "neq", values: ["00"] }],
      minimum_amount: "5",
      included_units: "1000",
    });
  });

  test("change in versions, null takes a field away", async () => {
    const { call } = app.atlas;
    const first = {
      metric_id: "api_calls",
      currency: "USD",
      model: "per_unit",
      unit_amount: 1,
      window: "day",
    };
    const { id } = await call("POST", prices, {
      ...first,
      key: "changing",
      maximum_amount: 9,
      included_units: 5,
    });
    const next = await call("PATCH", `${prices}/${id}`, {
      unit_transform: { operation: "divide", by: 1000, round: "half_up" },
      window: null,
      maximum_amount: null,
    });
    expect(next.payload).toMatchObject({ unit_transform: { by: "1000" }, included_units: "5", version: 2 });
    expect(next.payload).not.toHaveProperty("window");
    expect(next.payload).not.toHaveProperty("maximum_amount");
    const steps = { model: "stairstep", tiers: [{ up_to: null, flat_amount: "3.00" }] };
    expect((await call("PATCH", `${prices}/${id}`, steps)).payload).toMatchObject({
      tiers: [{ up_to: null, flat_amount: "3" }],
      included_units: "5",
      version: 3,
    });
    const percents = {
      model: "graduated_percentage",
      tiers: [{ up_to: null, rate: 2 }],
      included_units: null,
    };
    expect((await call("PATCH", `${prices}/${id}`, percents)).payload).toMatchObject({ version: 4 });
    const seats = {
      model: "seat",
      unit_amount: 5,
      min: 2,
      metric_id: null,
      unit_transform: null,
      timing: "advance",
    };
    const last = await call("PATCH", `${prices}/${id}`, seats);
    expect(last.payload).toMatchObject({ model: "seat", min: "2", timing: "advance", version: 5 });
    expect((await call("PATCH", `${prices}/${id}`, { min: null })).payload).not.toHaveProperty("min");
  });

  test("are refused where they contradict themselves or their metric, naming the field", async () => {
    const { call } = app.atlas;
    const calls = { metric_id: "api_calls", currency: "USD" };
    const matrix = {
      ...calls,
      model: "matrix",
      dimensions: ["a"],
      cells: [{ match: { a: 1 }, unit_amount: 1 }],
    };
    const percentage = { metric_id: "payment_volume", currency: "USD", model: "percentage", rate: 2 };
    const refusals: [body: Record<string, unknown>, field: string][] = [
      [{ ...calls, model: "stairstep", tiers: [{ up_to: 5, flat_amount: 1 }] }, "tiers[0].up_to"],
      [{ ...calls, model: "stairstep", tiers: [{ up_to: null, unit_amount: 1 }] }, "tiers[0].flat_amount"],
      [{ ...calls, model: "graduated_percentage", tiers: [{ up_to: null, rate: -1 }] }, "tiers[0].rate"],
      [{ ...matrix, cells: [{ match: { b: 1 }, unit_amount: 1 }] }, "cells[0].match.b"],
      [{ ...matrix, cells: [{ match: {}, unit_amount: 1 }] }, "cells[0].match.a"],
      [{ ...matrix, cells: [...matrix.cells, { match: { a: "1" }, unit_amount: 1 }] }, "cells[1].match"],
      [{ ...matrix, dimensions: ["a", "a"] }, "dimensions"],
      [{ ...percentage, included_units: 1 }, "included_units"],
      [{ ...percentage, free_events: 0.5 }, "free_events"],
      [{ ...percentage, min_per_event: 2, max_per_event: 1 }, "max_per_event"],
      [{ ...percentage, metric_id: "peak", free_events: 1 }, "metric_id"],
      [{ ...calls, model: "dynamic" }, "amount_field"],
      [{ ...calls, model: "seat", unit_amount: 1, timing: "advance" }, "timing"],
      [{ ...calls, model: "per_unit", unit_amount: 1, flat_at_zero: true }, "flat_at_zero"],
      [{ currency: "USD", model: "seat", unit_amount: 1, min: 5, max: 4 }, "max"],
      [{ currency: "USD", model: "seat", unit_amount: 1, window: "day" }, "window"],
      [{ currency: "USD", model: "percentage", rate: 1 }, "metric_id"],
    ];
    for (const [body, field] of refusals) {
      const told = await call("POST", prices, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
      const { currency, ...inline } = body;
      const plan = await call("POST", plans, { key: "no", name: "No", currency: "USD", prices: [inline] });
      expect([body, plan.error?.code, plan.error?.field]).toEqual([body, "VAL_001", `prices[0].${field}`]);
    }
    const peak = await call("POST", prices, { ...percentage, metric_id: "peak", fixed_amount: 1 });
    expect(peak.error).toBeNull(); // a part of the peak needs no single events
    const limited = await call("PATCH", `${prices}/${peak.id}`, { max_per_event: 3 });
    expect(limited.error).toMatchObject({ code: "VAL_001", field: "metric_id" });
  });

  test("a window does not go with a metric that carries over", async () => {
    const { call } = app.atlas;
    const storage = { event_type: "used", aggregation: "sum", field: "value", carry_over: true };
    await call("POST", metrics, { key: "storage", name: "Storage", ...storage });
    const body = { metric_id: "storage", currency: "USD", model: "per_unit", unit_amount: 1 };
    expect((await call("POST", prices, { ...body, window: "day" })).error).toMatchObject({ field: "window" });
    expect((await call("POST", prices, body)).error).toBeNull();
  });
});
