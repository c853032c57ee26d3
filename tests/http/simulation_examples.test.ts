import { afterAll, beforeAll, expect, test } from "bun:test";
import { discountExamples } from "../../shards/http/admin/simulation_examples/discounts.ts";
import { metricExamples } from "../../shards/http/admin/simulation_examples/metrics.ts";
import { modelExamples } from "../../shards/http/admin/simulation_examples/models.ts";
import { periodExamples } from "../../shards/http/admin/simulation_examples/periods.ts";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(() => app.close());

const examples = { ...modelExamples, ...metricExamples, ...discountExamples, ...periodExamples };

test.each(Object.entries(examples))(
  "the documented example holds: %s",
  async (_name, { request, answer }) => {
    const told = await app.atlas.call("POST", "/api/v1/admin/simulation/invoice", request);
    expect(told.error).toBeNull();
    expect(told.payload).toMatchObject(answer);
    expect((told.payload.line_items as unknown[]).length).toBe((answer.line_items as unknown[]).length);
  },
);
