import { describe, expect, test } from "bun:test";
import { jsonResponse } from "../../shards/http/envelope.ts";
import { rawRoute, route } from "../../shards/http/route.ts";
import { limits } from "../../src/limits.ts";
import { authRule, companyRules } from "../../src/rate_limits/rules.ts";
import { companyA, openFoundation, password } from "./foundation.ts";

const me = "/api/v1/auth/me";
const login = "/api/v1/auth/login";

const things = route({
  method: "POST",
  path: "/api/v1/things",
  service: "admin",
  auth: {},
  summary: "Make a thing",
  handler: async () => ({ payload: {} }),
});

/** Counts as many events as its body has bytes. */
const events = rawRoute({
  method: "POST",
  path: "/api/v1/usage/events",
  service: "usage",
  auth: {},
  rate: "ingest",
  charges: true,
  summary: "Send events",
  mediaType: "application/json",
  handler: async (ctx) => {
    await ctx.charge((await ctx.bytes()).length);
    return jsonResponse({ status: 202, body: "{}" }, ctx.requestId);
  },
});

async function open() {
  const foundation = await openFoundation([things, events]);
  const headers = await foundation.bearer();
  const told = async (
    method: string,
    path: string,
    body?: unknown,
    sent: Record<string, string> = headers,
  ) => {
    const answer = await foundation.call(method, path, { body, headers: sent });
    return {
      ...answer,
      policy: answer.headers.get("ratelimit-policy"),
      rate: answer.headers.get("ratelimit"),
    };
  };
  /** Uses up all but `left` units of what the company may do. */
  const drain = (kind: keyof typeof companyRules, left: number) => {
    const rule = companyRules[kind].company;
    return foundation.limiter.take([{ key: `rate:${kind}:{${companyA}}`, rule }], rule.burst - left);
  };
  return { ...foundation, told, drain };
}

describe("what answers tell of rate limits", () => {
  test("is the policy and what is left, of the company and of the caller, by kind of request", async () => {
    const { told } = await open();
    const read = await told("GET", me);
    expect(read.policy).toBe('"read";q=100000;w=10, "read-caller";q=50000;w=10');
    expect(read.rate).toBe('"read";r=99999;t=1, "read-caller";r=49999;t=1');
    expect((await told("GET", me)).rate).toBe('"read";r=99998;t=1, "read-caller";r=49998;t=1');
    const written = await told("POST", "/api/v1/things");
    expect(written.policy).toBe('"write";q=50000;w=10, "write-caller";q=25000;w=10');
    expect(written.rate).toBe('"write";r=49999;t=1, "write-caller";r=24999;t=1');
  });

  test("is told with errors too, and counts them", async () => {
    const { told } = await open();
    const { status, rate } = await told("POST", "/api/v1/things", { unknown: 1 });
    expect([status, rate]).toEqual([400, '"write";r=49999;t=1, "write-caller";r=24999;t=1']);
  });

  test("is counted in events where usage comes in", async () => {
    const { told } = await open();
    const { status, policy, rate } = await told("POST", "/api/v1/usage/events", "1234567");
    expect(status).toBe(202);
    expect(policy).toBe(
      '"ingest";q=10000000;w=10;billai-unit="events", "ingest-caller";q=5000000;w=10;billai-unit="events"',
    );
    expect(rate).toBe('"ingest";r=9999993;t=1, "ingest-caller";r=4999993;t=1');
  });

  test("is nothing where anybody may call as often as they like, or has not said who they are", async () => {
    const { told } = await open();
    for (const path of ["/health", "/openapi.json"]) expect((await told("GET", path)).policy).toBeNull();
    const { status, policy } = await told("GET", me, undefined, {});
    expect([status, policy]).toEqual([401, null]);
  });
});

describe("too many requests", () => {
  test("are REQ_003 in the envelope, with the time to wait, until it has passed", async () => {
    const { told, drain, clock } = await open();
    await drain("write", 1);
    expect((await told("POST", "/api/v1/things")).status).toBe(200);
    const { status, json, headers, rate } = await told("POST", "/api/v1/things");
    expect([status, json.error?.code]).toEqual([429, "REQ_003"]);
    expect(json as object).toMatchObject({ success: false, payload: null });
    expect(headers.get("retry-after")).toBe("1");
    expect(rate).toBe('"write";r=0;t=1, "write-caller";r=24999;t=1');
    clock.advance(1); // which gives five requests back
    const statuses = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await told("POST", "/api/v1/things")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });

  test("of one kind leave the others room, and one company's another's", async () => {
    const { told, drain, bearer } = await open();
    await drain("write", 0);
    expect((await told("POST", "/api/v1/things")).status).toBe(429);
    expect((await told("GET", me)).status).toBe(200);
    expect((await told("POST", "/api/v1/usage/events", "1")).status).toBe(202);
    const others = await bearer("owner@b.example");
    expect((await told("POST", "/api/v1/things", undefined, others)).status).toBe(200);
  });

  test("of one caller leave the company's others room", async () => {
    const { told, limiter, bearer, addUser } = await open();
    const user = await addUser("wild@a.example", "owner");
    const { caller } = companyRules.write;
    await limiter.take([{ key: `rate:write:{${companyA}}:${user.id}`, rule: caller }], caller.burst);
    const wild = await bearer("wild@a.example");
    expect((await told("POST", "/api/v1/things", undefined, wild)).status).toBe(429);
    expect((await told("POST", "/api/v1/things")).status).toBe(200);
  });

  test("a batch of events is taken or refused as a whole, and a smaller one still fits", async () => {
    const { told, drain } = await open();
    await drain("ingest", 5);
    expect((await told("POST", "/api/v1/usage/events", "123456")).status).toBe(429);
    expect((await told("POST", "/api/v1/usage/events", "12345")).status).toBe(202);
  });

  test("for tokens are counted by address, whoever asks and with what", async () => {
    const { call, state } = await openFoundation();
    const ask = async (path: string, body: unknown) => (await call("POST", path, { body })).status;
    for (let i = 0; i < limits.authBurst / 2; i += 1) {
      expect(await ask("/api/v1/auth/refresh", { refresh_token: `rt_${i}` })).toBe(401);
      expect(await ask(login, {})).toBe(400);
    }
    const right = { email: "owner@a.example", password };
    const { status, headers } = await call("POST", login, { body: right });
    expect([status, headers.get("retry-after"), headers.get("ratelimit")]).toEqual([
      429,
      "1",
      '"auth";r=0;t=1',
    ]);
    expect(headers.get("ratelimit-policy")).toBe(`"${authRule.name}";q=200;w=20`);
    state.address = "198.51.100.1";
    expect(await ask(login, right)).toBe(200);
  });
});
