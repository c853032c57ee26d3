import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { listQuery } from "../../shards/http/list.ts";
import { type Route, rawRoute, route } from "../../shards/http/route.ts";
import { AssertionFailure, BillingError } from "../../src/errors.ts";
import { openFoundation, Thing } from "./foundation.ts";

const filters = { status: Type.Optional(Type.String()), count: Type.Optional(Type.Integer({ maximum: 9 })) };

function things(failure: () => Error): Route[] {
  const common = { service: "admin", auth: "none", summary: "A thing" } as const;
  return [
    route({
      ...common,
      method: "POST",
      path: "/api/v1/things",
      body: Thing,
      success: 201,
      idempotent: false,
      handler: async ({ body }) => ({ payload: { name: body.name } }),
    }),
    route({
      ...common,
      method: "GET",
      path: "/api/v1/things",
      query: listQuery(filters),
      handler: async ({ query }) => ({ payload: [query] }),
    }),
    route({
      ...common,
      method: "GET",
      path: "/api/v1/things/:id",
      handler: async ({ params }) => ({ payload: { id: params.id } }),
    }),
    route({
      ...common,
      method: "POST",
      path: "/api/v1/failures",
      idempotent: false,
      handler: async () => Promise.reject(failure()),
    }),
    rawRoute({
      ...common,
      method: "POST",
      path: "/api/v1/bytes",
      mediaType: "text/plain",
      handler: async ({ bytes }) => new Response(String((await bytes()).length)),
    }),
  ];
}

const open = (failure: () => Error = () => new Error("unused")) => openFoundation(things(failure));

async function refused(body: unknown) {
  const { call } = await open();
  const { status, json } = await call("POST", "/api/v1/things", { body });
  expect(status).toBe(400);
  expect(json).toMatchObject({ success: false, payload: null });
  expect(json.error?.code).toBe("VAL_001");
  return { field: json.error?.field, msg: json.error?.msg };
}

describe("the envelope", () => {
  test("success has its four keys, the status of the route and the request's id", async () => {
    const { call } = await open();
    const { status, json, headers } = await call("POST", "/api/v1/things", { body: { name: "a" } });
    expect(status).toBe(201);
    expect(json).toEqual({
      success: true,
      error: null,
      payload: { name: "a" },
      input: { name: "a" },
    } as never);
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-z]{26}$/);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("a refusal has them too, with the id that the header shows", async () => {
    const { call } = await open();
    const { json, headers } = await call("POST", "/api/v1/things", { body: {} });
    expect(Object.keys(json)).toEqual(["success", "error", "payload", "input"]);
    expect(json.error?.msg).toBe("Validation error: field 'name' is required");
    expect(json.error?.request_id).toBe(headers.get("x-request-id") ?? "");
  });

  test("input is the query where there is no body, and null when the client wants it minimal", async () => {
    const { call } = await open();
    expect((await call("GET", "/api/v1/things?status=new&count=3")).json.input).toEqual({
      status: "new",
      count: 3,
    });
    const headers = { Prefer: "return=minimal" };
    expect((await call("POST", "/api/v1/things", { body: { name: "a" }, headers })).json.input).toBeNull();
  });

  test("a body without a name for it is an empty object", async () => {
    expect(await refused(undefined)).toEqual({
      field: "name",
      msg: "Validation error: field 'name' is required",
    });
  });

  test("answers keep the digits they were sent", async () => {
    const { call } = await open();
    const body = '{"name":"a","metadata":{"n":12345678901234567890.123456789}}';
    expect((await call("POST", "/api/v1/things", { body })).text).toContain(
      '"n":12345678901234567890.123456789',
    );
  });
});

describe("what validation says", () => {
  test.each([
    [{ name: "a", nmae: 1 }, "nmae", "is not a known field"],
    [{ name: 7 }, "name", "must be a string"],
    [{ name: "" }, "name", "must not be empty"],
    [{ name: "x".repeat(51) }, "name", "must have at most 50 characters"],
    [{ name: "a", note: 5 }, "note", "must be a string or null"],
    [{ name: "a", prices: {} }, "prices", "must be a list"],
    [{ name: "a", prices: [{}] }, "prices[0].model", "is required"],
    [{ name: "a", prices: [{ model: "cubic" }] }, "prices[0].model", "must be one of 'flat', 'per_unit'"],
    [{ name: "a", prices: ["abc", { model: "flat" }] }, "prices[1].amount", "is required"],
    [{ name: "a", prices: [{ model: "flat", amount: -1 }] }, "prices[0].amount", "must be at least 0"],
    [{ name: "a", prices: [{ model: "flat", amount: 1.5 }] }, "prices[0].amount", "must be a whole number"],
    [{ name: "a", prices: [{ model: "per_unit", amount: 1 }] }, "prices[0].unit_amount", "is required"],
    [
      { name: "a", prices: [{ model: "per_unit", unit_amount: 1, interval: "day" }] },
      "prices[0].interval",
      "must be one of 'month', 'year'",
    ],
    [{ name: "a", prices: ["ab"] }, "prices[0]", "must have at least 3 characters"],
    [{ name: "a", prices: [5] }, "prices[0]", "must be an object or an object or a string"],
    [{ name: "a", prices: ["abc", "abc", "abc", "abc"] }, "prices", "must have at most 3 items"],
    [{ name: "a", metadata: [] }, "metadata", "must be an object"],
    [{ name: "a\0" }, "name", "must not contain NUL or broken surrogate pairs"],
    [
      { name: "a", metadata: { deep: ["\ud800"] } },
      "metadata.deep[0]",
      "must not contain NUL or broken surrogate pairs",
    ],
    [[], "body", "must be an object"],
    ["null", "body", "must be an object"],
    ['"text"', "body", "must be an object"],
  ])("%j", async (body, field, reason) => {
    expect(await refused(body)).toEqual({ field, msg: `Validation error: field '${field}' ${reason}` });
  });

  test.each([
    ["{", "is not valid JSON"],
    ['{"name":"a"}}', "is not valid JSON"],
    ["{'name':'a'}", "is not valid JSON"],
    ['{"name":NaN}', "is not valid JSON"],
    ["[".repeat(100_000), "is nested deeper than 64 levels"],
    [new Uint8Array([0xff, 0xfe]), "is not valid UTF-8"],
  ])("malformed bodies: %p", async (body, reason) => {
    expect((await refused(body)).msg).toBe(`Validation error: the request body ${reason}`);
  });

  test.each([
    ["?limit=0", "limit", "must be at least 1"],
    ["?limit=101", "limit", "must be at most 100"],
    ["?limit=ten", "limit", "must be a whole number"],
    ["?limit=1e1", "limit", "must be a whole number"],
    ["?limit=1&limit=2", "limit", "must not be given twice"],
    ["?sort=up", "sort", "is not a known field"],
    ["?count=10", "count", "must be at most 9"],
    ["?status=%00", "status", "must not contain NUL"],
    [
      "?created_at[gte]=yesterday",
      "created_at[gte]",
      "must be an RFC 3339 date-time such as 2026-02-01T00:00:00Z",
    ],
  ])("queries: %s", async (query, field, reason) => {
    const { call } = await open();
    const { status, json } = await call("GET", `/api/v1/things${query}`);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      code: "VAL_001",
      field,
      msg: `Validation error: field '${field}' ${reason}`,
    });
  });

  test("a query of the right types reaches the handler", async () => {
    const { call } = await open();
    const { json } = await call("GET", "/api/v1/things?limit=7&created_at[lt]=2026-02-01T00:00:00Z&status=1");
    expect(json.payload as unknown).toEqual([
      { limit: 7, "created_at[lt]": "2026-02-01T00:00:00Z", status: "1" },
    ]);
  });
});

describe("other refusals", () => {
  test.each([
    ["GET", "/nowhere", 404, "REQ_001", null],
    ["GET", "/api/v1/things/a/b", 404, "REQ_001", null],
    ["DELETE", "/api/v1/things", 405, "REQ_002", "GET, HEAD, POST"],
    ["PUT", "/api/v1/things/x", 405, "REQ_002", "GET, HEAD"],
    ["OPTIONS", "/api/v1/failures", 405, "REQ_002", "POST"],
    ["GET", "/api/v1/failures", 405, "REQ_002", "POST"],
    ["GET", "/api/v1/things/%ff", 400, "VAL_001", null],
    ["GET", "/api/v1/things/%00", 400, "VAL_001", null],
    ["GET", `/api/v1/things/${"x".repeat(300)}`, 400, "VAL_001", null],
    ["GET", "/api/v1/auth/me", 401, "AUTH_001", null],
  ])("%s %s", async (method, path, status, code, allow) => {
    const { call } = await open();
    const answer = await call(method, path);
    expect([answer.status, answer.json.error?.code, answer.headers.get("allow")]).toEqual([
      status,
      code,
      allow,
    ]);
    expect(answer.json).toMatchObject({ success: false, payload: null });
  });

  test("HEAD answers like GET, without a body", async () => {
    const { call } = await open();
    const { status, text } = await call("HEAD", "/api/v1/things/x");
    expect([status, text]).toEqual([200, ""]);
  });

  test("a body beyond the limit, announced or not, is REQ_004, also on raw routes", async () => {
    const { apps, call } = await open();
    const big = "x".repeat(1_048_577);
    for (const path of ["/api/v1/things", "/api/v1/bytes"]) {
      const { status, json } = await call("POST", path, { body: big });
      expect([status, json.error?.code]).toEqual([413, "REQ_004"]);
      const stream = new Blob([big]).stream();
      const unannounced = new Request(`http://localhost${path}`, { method: "POST", body: stream });
      expect((await apps.get("front")?.(unannounced))?.status).toBe(413);
    }
    expect((await call("POST", "/api/v1/bytes", { body: "x".repeat(1_048_576) })).text).toBe("1048576");
  });

  test("a refusal tells when to come back", async () => {
    const { call } = await open(() => new BillingError("DEP_001", "The log is away", { retryAfterS: 1.2 }));
    const { status, json, headers } = await call("POST", "/api/v1/failures");
    expect([status, json.error?.code, headers.get("retry-after")]).toEqual([503, "DEP_001", "2"]);
  });

  test.each([Error, AssertionFailure, TypeError])(
    "a fault of ours (%p) is INT_001: told to us, not to the client",
    async (Failure) => {
      const { call, reports } = await open(() => new Failure("secret detail"));
      const { status, json, text } = await call("POST", "/api/v1/failures");
      expect([status, json.error?.code]).toEqual([500, "INT_001"]);
      expect(text).not.toContain("secret detail");
      expect(reports).toHaveLength(1);
      expect(reports[0]).toMatchObject({
        request_id: json.error?.request_id,
        route: "POST /api/v1/failures",
      });
      expect(String(reports[0]?.error)).toContain("secret detail");
    },
  );
});
