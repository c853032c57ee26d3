import { describe, expect, test } from "bun:test";
import type { Answer } from "../../shards/http/route.ts";
import { route } from "../../shards/http/route.ts";
import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import { openFoundation, Thing } from "./foundation.ts";

/** A resource that counts its effects, and does what each test wants. */
async function open(
  effect: (keep: (answer: Answer | BillingError) => StoredAnswer | null) => Promise<Answer>,
) {
  let effects = 0;
  const foundation = await openFoundation([
    route({
      method: "POST",
      path: "/api/v1/things",
      service: "admin",
      auth: {},
      summary: "A thing",
      body: Thing,
      success: 201,
      handler: async ({ keep }) => {
        effects += 1;
        return effect(keep);
      },
    }),
  ]);
  const bearer = await foundation.bearer();
  const other = await foundation.bearer("owner@b.example");
  const post = (key: string, body: unknown, who = bearer) =>
    foundation.call("POST", "/api/v1/things", { body, headers: { ...who, "Idempotency-Key": key } });
  return { ...foundation, post, other, effects: () => effects };
}

const counted = () => {
  let count = 0;
  return async (): Promise<Answer> => {
    count += 1;
    return { payload: { count } };
  };
};

describe("Idempotency-Key", () => {
  test("replays the first answer byte for byte, and says so", async () => {
    const { post, effects } = await open(counted());
    const first = await post("k1", { name: "a" });
    const again = await post("k1", { name: "a" });
    expect([first.status, again.status, effects()]).toEqual([201, 201, 1]);
    expect(again.text).toBe(first.text);
    expect([first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")]).toEqual([
      null,
      "true",
    ]);
  });

  test("another key or none makes another effect", async () => {
    const { post, effects, call, bearer } = await open(counted());
    await post("k1", { name: "a" });
    await post("k2", { name: "a" });
    await call("POST", "/api/v1/things", { body: { name: "a" }, headers: await bearer() });
    expect(effects()).toBe(3);
  });

  test("another body or query under the same key is REQ_005", async () => {
    const { post, effects, call, bearer } = await open(counted());
    await post("k1", { name: "a" });
    const { status, json } = await post("k1", { name: "b" });
    expect([status, json.error?.code]).toEqual([422, "REQ_005"]);
    const headers = { ...(await bearer()), "Idempotency-Key": "k1" };
    expect((await call("POST", "/api/v1/things?x=1", { body: { name: "a" }, headers })).status).toBe(422);
    expect(effects()).toBe(1);
  });

  test("another company's key is another key", async () => {
    const { post, effects, other } = await open(counted());
    await post("k1", { name: "a" });
    await post("k1", { name: "b" }, other);
    expect(effects()).toBe(2);
  });

  test("while the first is in flight the second is REQ_006", async () => {
    const gate = Promise.withResolvers<Answer>();
    const begun = Promise.withResolvers<void>();
    const { post } = await open(() => {
      begun.resolve();
      return gate.promise;
    });
    const first = post("k1", { name: "a" });
    await begun.promise;
    const { status, json, headers } = await post("k1", { name: "a" });
    expect([status, json.error?.code, headers.get("retry-after")]).toEqual([409, "REQ_006", "1"]);
    gate.resolve({ payload: {} });
    expect((await first).status).toBe(201);
    expect((await post("k1", { name: "a" })).headers.get("idempotent-replayed")).toBe("true");
  });

  test.each(["RES_002", "SPEND_001", "PAY_001"] as const)("%s, a decision, is kept", async (code) => {
    const { post, effects } = await open(async () => Promise.reject(new BillingError(code, "No")));
    const first = await post("k1", { name: "a" });
    expect((await post("k1", { name: "a" })).text).toBe(first.text);
    expect([first.json.error?.code, effects()]).toEqual([code, 1]);
  });

  test.each(["VAL_001", "AUTH_006", "RES_001", "REQ_003", "REQ_006", "DEP_001"] as const)(
    "%s, which a second try may change, is not kept",
    async (code) => {
      const { post, effects } = await open(async () => Promise.reject(new BillingError(code, "No")));
      await post("k1", { name: "a" });
      await post("k1", { name: "a" });
      expect(effects()).toBe(2);
    },
  );

  test("neither is a fault of ours, nor a body that validation refuses", async () => {
    const { post, effects } = await open(async () => Promise.reject(new Error("bug")));
    await post("k1", { name: "a" });
    await post("k1", { name: "a" });
    expect((await post("k2", {})).status).toBe(400);
    expect((await post("k2", { name: "a" })).json.error?.code).toBe("INT_001");
    expect(effects()).toBe(3);
  });

  test("what a handler kept with its effect is the answer, to the byte", async () => {
    const { post, answers } = await open(async (keep) => {
      const payload = { made: "in the transaction" };
      answers.keep(keep({ status: 202, payload }));
      return { payload };
    });
    const first = await post("k1", { name: "a" });
    expect(first.status).toBe(202);
    expect((await post("k1", { name: "a" })).text).toBe(first.text);
  });

  test("a refusal after an answer was rendered is the answer", async () => {
    const { post } = await open(async (keep) => {
      keep({ payload: { made: "and undone" } });
      throw new BillingError("RES_002", "The key is taken", { field: "key" });
    });
    for (let i = 0; i < 2; i += 1) {
      const { status, json } = await post("k1", { name: "a" });
      expect([status, json.error?.code]).toEqual([409, "RES_002"]);
    }
  });

  test("keeps nothing without a key", async () => {
    const kept: unknown[] = [];
    const { call, bearer } = await open(async (keep) => {
      kept.push(keep({ payload: {} }));
      return { payload: {} };
    });
    await call("POST", "/api/v1/things", { body: { name: "a" }, headers: await bearer() });
    expect(kept).toEqual([null]);
  });

  test("is forgotten after 30 days", async () => {
    const { post, effects, clock, bearer } = await open(counted());
    await post("k1", { name: "a" });
    clock.advance(limits.idempotencyKeptMs);
    expect((await post("k1", { name: "a" }, await bearer())).headers.get("idempotent-replayed")).toBe("true");
    clock.advance(1);
    expect((await post("k1", { name: "b" }, await bearer())).status).toBe(201);
    expect(effects()).toBe(2);
  });

  test.each([" ", "x".repeat(256), "a b", "é"])("%p is no key", async (key) => {
    const { post, effects } = await open(counted());
    const { status, json } = await post(key, { name: "a" });
    expect([status, json.error?.field, effects()]).toEqual([400, "Idempotency-Key", 0]);
  });
});
