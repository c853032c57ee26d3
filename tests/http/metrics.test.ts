import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { metricExamples } from "../../shards/http/master_data/metric_examples.ts";
import { openApp, type TestApp } from "./app.ts";

const metrics = "/api/v1/master-data/metrics";
const aggregations = [
  "count",
  "sum",
  "max",
  "min",
  "unique",
  "latest",
  "average",
  "weighted_sum",
  "percentile",
];
const sum = { name: "Tokens", event_type: "llm", aggregation: "sum", field: "tokens" };

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

describe("the published examples", () => {
  test("show every aggregation", () => {
    const shown = new Set<string>(Object.values(metricExamples).map(({ request }) => request.aggregation));
    expect([...shown].sort()).toEqual(aggregations.toSorted());
  });

  test("are those of the route", async () => {
    const { text } = await app.atlas.call("GET", "/openapi.json");
    const { requestBody } = JSON.parse(text).paths[metrics].post;
    const { examples } = requestBody.content["application/json"];
    for (const [name, { request }] of Object.entries(metricExamples))
      expect(examples[name]).toEqual({ value: request });
  });

  for (const [name, { request, answer }] of Object.entries(metricExamples)) {
    test(`work: ${name}`, async () => {
      const { call } = app.atlas;
      const made = await call("POST", metrics, request);
      expect(made.status).toBe(201);
      const { id: _, created_at: from, updated_at: to, ...shown } = made.payload;
      expect(answer).toMatchObject(shown);
      expect(Object.keys(made.payload).sort()).toEqual(Object.keys(answer).sort());
      expect((await call("GET", `${metrics}/${request.key}`)).payload).toEqual(made.payload);
    });
  }
});

describe("a metric", () => {
  test("changes in versions, null takes a field away", async () => {
    const { call } = app.atlas;
    const path = `${metrics}/changing`;
    const grouped = { group_by: ["model"], filters: [{ field: "a", op: "exists" }], unit: "token" };
    await call("POST", metrics, { ...sum, key: "changing", ...grouped });
    const worked = await call("PATCH", path, { field: null, expression: "input + 2 * output" });
    expect(worked.payload).toMatchObject({ expression: "input + 2 * output", version: 2 });
    expect(worked.payload).not.toHaveProperty("field");

    const p99 = { aggregation: "percentile", percentile: 99.9, rounding: { mode: "half_even", scale: 2 } };
    const ranked = await call("PATCH", path, { ...p99, expression: null, field: "ms" });
    expect(ranked.payload).toMatchObject({ ...p99, percentile: "99.9", field: "ms", version: 3 });

    const seats = { aggregation: "unique", field: "user", operation_field: "op", carry_over: true };
    const without = { percentile: null, rounding: null, group_by: null, filters: null, unit: null };
    const taken = await call("PATCH", path, { ...seats, ...without });
    expect(taken.payload).toMatchObject({ ...seats, version: 4 });
    for (const name of Object.keys(without)) expect(taken.payload).not.toHaveProperty(name);

    const plain = await call("PATCH", path, { operation_field: null, carry_over: null });
    expect(plain.payload).toMatchObject({ aggregation: "unique", version: 5 });
    expect(plain.payload).not.toHaveProperty("operation_field");
    expect((await call("GET", path)).payload).toEqual(plain.payload);
  });

  test("is refused where its fields contradict each other, naming the field", async () => {
    const { call } = app.atlas;
    const { field: _, ...open } = sum;
    const refusals: [body: Record<string, unknown>, field: string][] = [
      [open, "field"],
      [{ ...sum, expression: "a" }, "expression"],
      [{ ...open, aggregation: "count", expression: "a" }, "expression"],
      [{ ...open, expression: "a +" }, "expression"],
      [{ ...open, expression: "process.exit(1)" }, "expression"],
      [{ ...open, expression: "a".repeat(1001) }, "expression"],
      [{ ...open, expression: "(".repeat(1000) }, "expression"],
      [{ ...sum, aggregation: "percentile" }, "percentile"],
      [{ ...sum, aggregation: "percentile", percentile: 100.1 }, "percentile"],
      [{ ...sum, aggregation: "percentile", percentile: 0 }, "percentile"],
      [{ ...sum, percentile: 50 }, "percentile"],
      [{ ...sum, operation_field: "op" }, "operation_field"],
      [{ ...sum, aggregation: "max", carry_over: true }, "carry_over"],
      [{ ...sum, rounding: { mode: "up", scale: 13 } }, "rounding.scale"],
      [{ ...sum, rounding: { mode: "up" } }, "rounding.scale"],
      [{ ...sum, rounding: { mode: "sideways", scale: 0 } }, "rounding.mode"],
    ];
    for (const [body, field] of refusals) {
      const told = await call("POST", metrics, { ...body, key: "refused" });
      expect([body, told.status, told.error?.code, told.error?.field]).toEqual([body, 400, "VAL_001", field]);
    }
    await call("POST", metrics, { ...sum, key: "whole" });
    const changes: [patch: Record<string, unknown>, field: string][] = [
      [{ aggregation: "percentile" }, "percentile"],
      [{ aggregation: "count" }, "field"],
      [{ field: null }, "field"],
      [{ expression: "a" }, "expression"],
      [{ aggregation: null }, "aggregation"],
      [{ event_type: null }, "event_type"],
      [{ key: "other" }, "key"],
    ];
    for (const [patch, field] of changes) {
      const told = await call("PATCH", `${metrics}/whole`, patch);
      expect([patch, told.status, told.error?.code, told.error?.field]).toEqual([
        patch,
        400,
        "VAL_001",
        field,
      ]);
    }
    expect((await call("GET", `${metrics}/whole`)).payload).toMatchObject({ ...sum, version: 1 });
  });

  test("says where an expression cannot be read", async () => {
    const body = { ...sum, key: "broken", field: undefined, expression: "a + * b" };
    const { error } = await app.atlas.call("POST", metrics, body);
    expect(error?.msg).toMatch(/^Validation error: field 'expression' cannot be read: .* at character \d+$/);
  });
});
