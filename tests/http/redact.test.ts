import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { redact } from "../../shards/http/redact.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { newApiKey } from "../../src/auth/api_key.ts";
import { readJson } from "../../src/money/json.ts";

const hidden = "[redacted]";

describe("what is echoed of a request", () => {
  test.each([
    ["password", "hunter2"],
    ["admin_password", "hunter2"],
    ["token", "abc"],
    ["refresh_token", { nested: "abc" }],
    ["client_secret", ["a", "b"]],
    ["authorization", 5],
    ["api_key", "short"],
    ["X-API-Key", "short"],
    ["cvc", "123"],
  ])("hides %s by its name", (name, value) => {
    expect(redact({ a: [{ [name]: value }] })).toEqual({ a: [{ [name]: hidden }] });
  });

  test.each([
    "4111111111111111",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "paid with 378282246310005, thanks",
    4111111111111111,
    "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c2VyIn0.c2ln",
    "Bearer abc",
    "whsec_0123456789abcdef",
    newApiKey("live", systemRandom),
  ])("hides %p by what it is", (value) => {
    expect(redact({ note: value })).toEqual({ note: hidden });
  });

  test("hides a card number that was read digit by digit", () => {
    expect(redact(readJson('{"n":4111111111111111}'))).toEqual({ n: hidden });
    expect(JSON.stringify(redact(readJson('{"n":4111111111111112}')))).toBe('{"n":4111111111111112}');
  });

  test("leaves what only resembles a secret", () => {
    const harmless = {
      key: "api_calls",
      metric_key: "storage_gb",
      input_tokens: 1200,
      tokens: [5],
      quantity: "1000000000000000",
      at: 1_770_000_000_000,
      order: "4111111111111112",
      event_id: "evt-2026-02-01-000000000017",
      name: null,
      flag: false,
    };
    expect(redact(harmless)).toEqual(harmless);
  });

  test("the key of anything that looks made by a machine is hidden", () => {
    expect(redact({ key: "dGhpcyBpcyBhIHNlY3JldA" })).toEqual({ key: hidden });
  });

  test("cuts long text, lists, objects and depth", () => {
    expect(redact("x".repeat(300))).toBe(`${"x".repeat(200)}…`);
    expect(redact(Array.from({ length: 60 }, (_, i) => i))).toHaveLength(51);
    expect(redact(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, i])))).toMatchObject({
      "…": "10 more",
    });
    let deep: unknown = 1;
    for (let i = 0; i < 60; i += 1) deep = { deep };
    expect(JSON.stringify(redact(deep))).toBe(`${'{"deep":'.repeat(8)}"…"${"}".repeat(8)}`);
  });

  test("shows names that objects have a meaning for as any other", () => {
    const text = '{"__proto__":{"a":1},"constructor":2,"7":3}';
    expect(JSON.stringify(redact(JSON.parse(text)))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test("never leaks a password, whatever surrounds it", () => {
    fc.assert(
      fc.property(fc.object(), fc.string({ minLength: 12 }), (rest, secret) => {
        const marked = `«${secret}»`;
        expect(JSON.stringify(redact({ ...rest, password: marked }))).not.toContain(JSON.stringify(marked));
      }),
    );
  });
});
