import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import fc from "fast-check";
import { listQuery, pageAnswer, readPage } from "../../shards/http/list.ts";
import { route } from "../../shards/http/route.ts";
import { errorTable } from "../../src/errors.ts";
import { DecimalText } from "../../src/money/decimal_schema.ts";
import { openFoundation, Thing } from "./foundation.ts";

const Money = Type.Object(
  {
    amount: DecimalText("positive", "An amount"),
    any: Type.Optional(Type.Union([DecimalText("any", "x"), Type.Null()])),
  },
  { additionalProperties: false },
);

const foundation = await openFoundation([
  route({
    method: "POST",
    path: "/api/v1/things",
    service: "admin",
    auth: {},
    summary: "A thing",
    body: Thing,
    handler: async ({ body }) => ({ payload: body }),
  }),
  route({
    method: "PATCH",
    path: "/api/v1/things/:id",
    service: "admin",
    auth: {},
    summary: "Its price",
    body: Money,
    handler: async ({ body, params }) => ({ payload: { ...body, ...params } }),
  }),
  route({
    method: "GET",
    path: "/api/v1/things",
    service: "admin",
    auth: {},
    summary: "Things",
    query: listQuery({}),
    handler: async (ctx) => {
      const page = readPage(ctx, "things");
      return pageAnswer(
        ctx,
        "things",
        page,
        [],
        (row: never) => row,
        (row) => row,
      );
    },
  }),
]);
const bearer = await foundation.bearer();

const targets = [
  ["POST", "/api/v1/auth/login"],
  ["POST", "/api/v1/auth/refresh"],
  ["POST", "/api/v1/auth/logout"],
  ["GET", "/api/v1/auth/me"],
  ["POST", "/api/v1/admin/api-keys"],
  ["GET", "/api/v1/admin/api-keys"],
  ["DELETE", "/api/v1/admin/api-keys/x"],
  ["POST", "/api/v1/things"],
  ["PATCH", "/api/v1/things/x"],
  ["GET", "/api/v1/things"],
  ["PUT", "/api/v1/things"],
  ["POST", "/nowhere"],
] as const;
const target = fc.constantFrom(...targets);

type Refusal = { status: number; json: { success?: boolean; error?: { code: string; msg: string } } };

/** Success, or a refusal of the table with the status it has there: never a fault of ours. */
function expectSane({ status, json }: Refusal): void {
  expect(foundation.reports).toEqual([]);
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  const code = json.error?.code as keyof typeof errorTable;
  expect(errorTable[code]?.status).toBe(status);
  expect(json.success).toBe(false);
  expect(json.error?.msg).toBeString();
}

const names = [
  "name",
  "prices",
  "model",
  "amount",
  "unit_amount",
  "metadata",
  "email",
  "password",
  "scopes",
  "__proto__",
];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<unknown>(null, true, "flat", "per_unit", "", -1, 4111111111111111),
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie("value"), { maxKeys: 6 }),
  ),
})).value;

describe("whatever is sent, the answer is sane", () => {
  const runs = { numRuns: 300 };

  test("any bytes", async () => {
    const sending = fc.asyncProperty(
      target,
      fc.uint8Array({ maxLength: 200 }),
      async ([method, path], bytes) => {
        const body = method === "GET" ? {} : { body: bytes };
        expectSane(await foundation.call(method, path, { headers: bearer, ...body }));
      },
    );
    await fc.assert(sending, runs);
  });

  test("any JSON", async () => {
    const sending = fc.asyncProperty(target, json, async ([method, path], value) => {
      const body = method === "GET" ? {} : { body: JSON.stringify(value) ?? "" };
      expectSane(await foundation.call(method, path, { headers: bearer, ...body }));
    });
    await fc.assert(sending, { numRuns: 1000 });
  });

  test("any text that looks like JSON", async () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      '"name"',
      "1e999",
      "-",
      "0.1",
      "\\u0000",
      "\\ud800",
      "null",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    const sending = fc.asyncProperty(text, async (body) => {
      expectSane(await foundation.call("POST", "/api/v1/things", { headers: bearer, body }));
    });
    await fc.assert(sending, runs);
  });

  test("any query, path and credentials", async () => {
    const pairs = fc.array(
      fc.tuple(fc.oneof(fc.constantFrom("limit", "cursor", "created_at[gte]"), fc.string()), fc.string()),
    );
    const ascii = fc.string().filter((text) => /^[\x20-\x7e]*$/.test(text));
    const sending = fc.asyncProperty(pairs, fc.string(), ascii, ascii, async (query, id, key, token) => {
      const search = new URLSearchParams(query).toString();
      expectSane(await foundation.call("GET", `/api/v1/things?${search}`, { headers: bearer }));
      const path = `/api/v1/admin/api-keys/${encodeURIComponent(id.toWellFormed())}`;
      expectSane(await foundation.call("DELETE", path, { headers: bearer }));
      const headers = { "X-API-Key": key, Authorization: `Bearer ${token}` };
      expectSane(await foundation.call("GET", "/api/v1/auth/me", { headers }));
      expectSane(await foundation.call("GET", "/api/v1/auth/me", { headers: { Authorization: token } }));
      expectSane(
        await foundation.call("GET", "/api/v1/auth/me", { headers: { Authorization: `Bearer ${token}` } }),
      );
      const keyed = { ...bearer, "Idempotency-Key": key };
      expectSane(await foundation.call("POST", "/api/v1/things", { headers: keyed, body: { name: "a" } }));
    });
    await fc.assert(sending, runs);
  });
});
