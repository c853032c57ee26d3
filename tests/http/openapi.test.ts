import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { healthOf } from "../../shards/http/health.ts";
import { route } from "../../shards/http/route.ts";
import { serviceNames } from "../../shards/http/services.ts";
import { AssertionFailure } from "../../src/errors.ts";
import { DecimalText } from "../../src/money/decimal_schema.ts";
import { openFoundation } from "./foundation.ts";

interface Described {
  openapi: string;
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: { securitySchemes: Record<string, unknown> };
}

async function describedBy(port: "front" | "auth" | "admin" | "usage") {
  const { call } = await openFoundation([
    route({
      method: "PATCH",
      path: "/api/v1/things/:id/prices/:price",
      service: "admin",
      auth: { scopes: ["prices:write"] },
      summary: "A price",
      body: Type.Object(
        { amount: DecimalText("positive", "What it costs") },
        { additionalProperties: false },
      ),
      example: { request: { amount: "25.00" }, answer: { amount: "25.00" } },
      handler: async () => ({ payload: {} }),
    }),
  ]);
  const { status, text } = await call("GET", "/openapi.json", { port });
  expect(status).toBe(200);
  return JSON.parse(text) as Described;
}

describe("the published description", () => {
  test("has every route of the front port, and of a service's port its own", async () => {
    const front = await describedBy("front");
    expect(front.openapi).toBe("3.1.0");
    const paths = Object.keys(front.paths);
    expect(paths).toContain("/api/v1/auth/login");
    expect(paths).toContain("/api/v1/admin/api-keys/{id}");
    expect(
      Object.keys((await describedBy("auth")).paths).every(
        (path) => path.includes("auth") || path.startsWith("/.well"),
      ),
    ).toBe(true);
    expect(Object.keys((await describedBy("usage")).paths)).toEqual([]);
  });

  test("tells parameters, body, examples, errors and credentials of a route", async () => {
    const { paths, components } = await describedBy("admin");
    const patch = paths["/api/v1/things/{id}/prices/{price}"]?.patch ?? {};
    expect(Object.keys(components.securitySchemes)).toEqual(["bearer", "api_key"]);
    expect(patch).toMatchObject({
      operationId: "patch_things_id_prices_price",
      security: [{ bearer: [] }, { api_key: [] }],
      parameters: [
        { name: "id", in: "path" },
        { name: "price", in: "path" },
        { name: "Idempotency-Key", in: "header" },
      ],
      requestBody: {
        content: {
          "application/json": {
            example: { amount: "25.00" },
            schema: { properties: { amount: { type: ["string", "number"] } }, additionalProperties: false },
          },
        },
      },
    });
    const statuses = Object.keys(patch.responses as object);
    expect(statuses).toEqual(["200", "400", "401", "403", "404", "409", "413", "422", "429", "500", "503"]);
  });

  test("every operation has an id of its own", async () => {
    const { paths } = await describedBy("front");
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("a body that would let unknown fields pass is a bug", () => {
    const open = () =>
      route({
        method: "POST",
        path: "/x",
        service: "admin",
        auth: "none",
        summary: "x",
        body: Type.Object({}),
        handler: async () => ({ payload: {} }),
      });
    expect(open).toThrow(AssertionFailure);
  });
});

describe("the documentation page", () => {
  test("is served from here alone, under a policy that forbids anything else", async () => {
    const { call } = await openFoundation();
    const page = await call("GET", "/docs");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toStartWith("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    expect(page.text).not.toMatch(/https?:\/\//);
    const parts = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => String(path));
    expect(parts).toHaveLength(3);
    for (const path of parts) expect((await call("GET", path)).status).toBe(200);
    expect((await call("GET", "/docs/start.js")).text).toContain("validatorUrl: null");
  });
});

describe("health", () => {
  test("is told on every port, without credentials and without the envelope", async () => {
    const { call } = await openFoundation();
    for (const port of serviceNames) {
      const { status, text } = await call("GET", "/health", { port });
      expect(status).toBe(200);
      expect(text).toBe(
        '{"status":"healthy","dependencies":{"database":"ok","cache":"ok","message_broker":"ok"}}',
      );
    }
  });

  test.each([
    [{ cache: "down" }, "degraded", 200],
    [{ ledger: "down" }, "degraded", 200],
    [{ database: "down" }, "unhealthy", 503],
    [{ message_broker: "down", cache: "down" }, "unhealthy", 503],
  ] as const)("%j is %s", async (down, status, http) => {
    const { call, state } = await openFoundation();
    state.health = healthOf({ database: "ok", cache: "ok", message_broker: "ok", ...down });
    const answer = await call("GET", "/health");
    expect([answer.status, JSON.parse(answer.text).status]).toEqual([http, status]);
  });
});

test("a service's port serves its own routes only", async () => {
  const { call } = await openFoundation();
  expect((await call("GET", "/api/v1/auth/me", { port: "auth" })).status).toBe(401);
  expect((await call("GET", "/api/v1/auth/me", { port: "admin" })).status).toBe(404);
  expect((await call("GET", "/docs", { port: "usage" })).status).toBe(200);
});
