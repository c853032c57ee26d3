import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const products = "/api/v1/master-data/products";
const metrics = "/api/v1/master-data/metrics";
const tokens = {
  key: "tokens",
  name: "Tokens",
  event_type: "llm_completion",
  aggregation: "sum",
  field: "tokens",
};

describe("products", () => {
  test("are created, read by id or key, changed in versions and archived", async () => {
    const { call } = app.atlas;
    const made = await call("POST", products, { key: "inference", name: "Inference", tax_code: "SW054000" });
    expect(made.status).toBe(201);
    expect(made.payload).toMatchObject({
      key: "inference",
      tax_code: "SW054000",
      version: 1,
      archived: false,
    });
    expect(made.id).toStartWith("prod_");
    for (const ref of [made.id, "inference"]) {
      expect((await call("GET", `${products}/${ref}`)).payload).toEqual(made.payload);
    }

    const changed = await call("PATCH", `${products}/inference`, { name: "Inference API", tax_code: null });
    expect(changed.payload).toMatchObject({
      id: made.id,
      key: "inference",
      name: "Inference API",
      version: 2,
    });
    expect(changed.payload).not.toHaveProperty("tax_code");
    expect(changed.payload.created_at).toBe(made.payload.created_at);
    expect((await call("GET", `${products}/${made.id}`)).payload).toEqual(changed.payload);

    expect((await call("DELETE", `${products}/inference`)).payload).toMatchObject({
      id: made.id,
      archived: true,
    });
    expect((await call("GET", `${products}/inference`)).error?.code).toBe("RES_001");
    expect((await call("GET", `${products}/${made.id}`)).payload).toMatchObject({
      archived: true,
      version: 2,
    });
    const late = await call("PATCH", `${products}/${made.id}`, { name: "x" });
    expect([late.status, late.error?.code]).toEqual([409, "RES_002"]);
    expect((await call("POST", products, { key: "inference", name: "Again" })).status).toBe(201);
  });

  test("refuse what is not right, naming the field", async () => {
    const { call } = app.atlas;
    expect((await call("POST", products, { key: "taken", name: "Taken" })).status).toBe(201);
    const refusals = [
      [{ name: "No key" }, 400, "VAL_001", "key"],
      [{ key: "a b", name: "x" }, 400, "VAL_001", "key"],
      [{ key: "prod_01kgb9v400e1v7d2m8r4q6w9xa", name: "x" }, 400, "VAL_001", "key"],
      [{ key: "k", name: "x", colour: "red" }, 400, "VAL_001", "colour"],
      [{ key: "taken", name: "x" }, 409, "RES_002", "key"],
    ] as const;
    for (const [body, status, code, field] of refusals) {
      const { error, ...told } = await call("POST", products, body);
      expect([told.status, error?.code, error?.field]).toEqual([status, code, field]);
    }
    const empty = await call("PATCH", `${products}/taken`, {});
    expect([empty.status, empty.error?.code]).toEqual([400, "VAL_001"]);
    expect((await call("PATCH", `${products}/taken`, { key: "new" })).error).toMatchObject({ field: "key" });
  });

  test("are found by nobody else, nor by an id of another kind", async () => {
    const { id } = await app.atlas.call("POST", products, { key: "mine", name: "Mine" });
    const { id: metric } = await app.atlas.call("POST", metrics, { ...tokens, key: "of_mine" });
    for (const [call, ref] of [
      [app.borea.call, id],
      [app.borea.call, "mine"],
      [app.atlas.call, metric],
      [app.atlas.call, "prod_00000000000000000000000000"],
    ] as const) {
      for (const [method, body] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
        const told = await call(method, `${products}/${ref}`, body);
        expect([told.status, told.error]).toEqual([404, expect.objectContaining({ msg: "No such product" })]);
      }
    }
    expect((await app.borea.call("POST", products, { key: "mine", name: "Theirs" })).status).toBe(201);
  });

  test("are made once under one Idempotency-Key", async () => {
    const { call } = app.atlas;
    const first = await call("POST", products, { key: "once", name: "Once" }, "product-once");
    const again = await call("POST", products, { key: "once", name: "Once" }, "product-once");
    expect(again.text).toBe(first.text);
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expect((await call("POST", products, { key: "other", name: "Once" }, "product-once")).error?.code).toBe(
      "REQ_005",
    );
    const patched = await call("PATCH", `${products}/once`, { name: "Twice" }, "product-patch");
    expect((await call("PATCH", `${products}/once`, { name: "Twice" }, "product-patch")).text).toBe(
      patched.text,
    );
    expect((await call("GET", `${products}/once`)).payload.version).toBe(2);
  });

  test("changed at once by many keep one history: each change is a version or is refused", async () => {
    const { call } = app.atlas;
    await call("POST", products, { key: "busy", name: "0" });
    const told = await Promise.all(
      Array.from({ length: 6 }, (_, i) => call("PATCH", `${products}/busy`, { name: `${i + 1}` })),
    );
    const done = told.filter(({ status }) => status === 200);
    expect(told.every(({ status, error }) => status === 200 || error?.code === "RES_002")).toBe(true);
    expect((await call("GET", `${products}/busy`)).payload.version).toBe(1 + done.length);
    expect(new Set(done.map(({ payload }) => payload.version)).size).toBe(done.length);
  });

  test("are listed in pages, newest first, each once, by field and by time", async () => {
    const { call } = await app.company("pages");
    const made: unknown[] = [];
    for (let i = 0; i < 63; i++) {
      const tax_code = i % 2 === 0 ? "even" : "odd";
      made.push((await call("POST", products, { key: `p${i}`, name: `Product ${i}`, tax_code })).payload);
    }
    const seen: unknown[] = [];
    let sizes = "";
    for (let next: string | null = ""; next !== null; ) {
      const { rows, page } = await call("GET", `${products}?limit=20${next === "" ? "" : `&cursor=${next}`}`);
      seen.push(...rows);
      sizes += `${rows.length} `;
      next = page?.next_cursor ?? null;
      expect(page?.has_more).toBe(next !== null);
    }
    expect(sizes).toBe("20 20 20 3 ");
    expect(seen).toEqual(made.toReversed());
    expect((await call("GET", `${products}?tax_code=odd&limit=100`)).rows).toHaveLength(31);
    expect((await call("GET", `${products}?key=p7`)).rows).toEqual([made[7] as never]);
    const middle = (made[40] as { created_at: string }).created_at;
    const before = await call("GET", `${products}?limit=100&created_at[lt]=${middle}`);
    const since = await call("GET", `${products}?limit=100&created_at[gte]=${middle}`);
    expect(before.rows.length + since.rows.length).toBe(63);
    expect(since.rows).toContainEqual(made[40] as never);
    for (const query of ["limit=0", "limit=101", "cursor=abc", "name=x", "created_at[gte]=today"]) {
      expect((await call("GET", `${products}?${query}`)).error?.code).toBe("VAL_001");
    }
  }, 20_000);

  test("need the scope", async () => {
    const { payload } = await app.atlas.call("POST", "/api/v1/admin/api-keys", {
      name: "r",
      scopes: ["products:read"],
    });
    const headers = { "X-API-Key": String(payload.key) };
    const url = `http://localhost${products}`;
    expect((await app.front(new Request(url, { headers }))).status).toBe(200);
    const write = await app.front(new Request(url, { method: "POST", headers, body: "{}" }));
    expect(write.status).toBe(403);
  });
});

describe("metrics", () => {
  test("change in versions, field by field", async () => {
    const { call } = app.atlas;
    const filters = [{ field: "status", op: "eq", values: ["ok"] }];
    const made = await call("POST", metrics, { ...tokens, filters, group_by: ["model"], unit: "token" });
    expect(made.payload).toMatchObject({
      ...tokens,
      filters,
      group_by: ["model"],
      unit: "token",
      version: 1,
    });
    const counted = await call("PATCH", `${metrics}/tokens`, {
      aggregation: "count",
      field: null,
      unit: null,
    });
    expect(counted.payload).toMatchObject({ aggregation: "count", filters, version: 2, key: "tokens" });
    expect(counted.payload).not.toHaveProperty("field");
    expect(counted.payload).not.toHaveProperty("unit");
    expect((await call("GET", `${metrics}?event_type=llm_completion&aggregation=count`)).rows).toEqual([
      counted.payload,
    ]);
  });

  test("refuse what makes no sense", async () => {
    const { call } = app.atlas;
    expect((await call("POST", metrics, { ...tokens, key: "m1" })).status).toBe(201);
    const refusals = [
      ["POST", { ...tokens, key: "m2", aggregation: "count" }, "field"],
      ["POST", { ...tokens, key: "m2", aggregation: "median" }, "aggregation"],
      ["POST", { ...tokens, key: "m2", aggregation: "percentile" }, "percentile"],
      ["POST", { ...tokens, key: "m2", rounding: { mode: "up", scale: 13 } }, "rounding.scale"],
      [
        "POST",
        { ...tokens, key: "m2", filters: [{ field: "a", op: "like", values: ["x"] }] },
        "filters[0].op",
      ],
      [
        "POST",
        { ...tokens, key: "m2", filters: [{ field: "a", op: "exists", values: ["x"] }] },
        "filters[0].values",
      ],
      ["PATCH", { aggregation: "count" }, "field"],
      ["PATCH", { field: null }, "field"],
      ["PATCH", { name: null }, "name"],
    ] as const;
    for (const [method, body, field] of refusals) {
      const told = await call(method, method === "POST" ? metrics : `${metrics}/m1`, body);
      expect([told.status, told.error?.code, told.error?.field]).toEqual([400, "VAL_001", field]);
    }
    expect((await call("GET", `${metrics}/m1`)).payload.version).toBe(1);
  });
});
