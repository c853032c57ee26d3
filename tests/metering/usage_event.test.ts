import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BillingError } from "../../src/errors.ts";
import {
  fingerprint,
  identityDigest,
  readUsageEvent,
  type UsageEvent,
} from "../../src/metering/usage_event.ts";
import { readJson } from "../../src/money/json.ts";

const ids = '"event_id":"e1","event_type":"api_call","customer_id":"cust_abc"';
const event = { event_id: "e1", event_type: "api_call", customer_id: "cust_abc", properties: {} };

function messageFor(value: unknown): string {
  const read = readUsageEvent(value);
  return read instanceof BillingError ? `${read.code} ${read.message}` : "valid";
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

describe("a usage event", () => {
  test("is taken as it was sent, digits and all", () => {
    const sent =
      readJson(`{${ids},"subscription_id":"sub_xyz","timestamp":"2026-02-01T10:00:00+02:00","source":"api",
      "properties":{"tokens":12345678901234567890,"tags":["a",{"b":null}],"note":"two\\nlines"}}`);
    expect(readUsageEvent(sent)).toBe(sent as UsageEvent);
  });

  test("without properties has none", () => {
    const { properties: _, ...bare } = event;
    expect(readUsageEvent(bare)).toEqual(event);
  });

  const rows: [value: unknown, field: string, reason: string][] = [
    [null, "event", "must be an object"],
    [[event], "event", "must be an object"],
    ["event", "event", "must be an object"],
    [{}, "event_id", "is required"],
    [{ ...event, event_type: undefined }, "event_type", "is required"],
    [
      { ...event, event_id: 1 },
      "event_id",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...event, event_id: "" },
      "event_id",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...event, event_id: "x".repeat(256) },
      "event_id",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...event, customer_id: "a\0b" },
      "customer_id",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...event, source: "a\tb" },
      "source",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...event, subscription_id: "\udc00" },
      "subscription_id",
      "must be a string of 1 to 255 characters without control characters",
    ],
    [{ ...event, quantity: 1 }, "quantity", "is unknown"],
    [{ ...event, properties: null }, "properties", "must be an object"],
    [{ ...event, properties: [1] }, "properties", "must be an object"],
    [{ ...event, timestamp: 1 }, "timestamp", "must be an instant in RFC 3339"],
    [
      { ...event, timestamp: "2026-02-30T00:00:00Z" },
      "timestamp",
      "must be an instant in RFC 3339, such as 2026-02-01T00:00:00Z",
    ],
    [{ ...event, properties: { a: "x\0" } }, "properties.a", "must not contain NUL or a lone surrogate"],
    [
      { ...event, properties: { a: ["ok", "\ud800"] } },
      "properties.a.1",
      "must not contain NUL or a lone surrogate",
    ],
    [
      { ...event, properties: { a: { "\0": 1 } } },
      "properties.a",
      "has a name with a NUL or a lone surrogate",
    ],
    [
      { ...event, properties: { ["x".repeat(256)]: 1 } },
      "properties",
      "has a name longer than 255 characters",
    ],
    [
      { ...event, properties: { a: readJson("1e999") } },
      "properties.a",
      "is a number of more than 60 digits",
    ],
    [{ ...event, properties: nested(17) }, `properties${".a".repeat(16)}`, "is nested deeper than 16 levels"],
  ];
  for (const [index, [value, field, reason]] of rows.entries()) {
    test(`${index}: is refused where ${field} ${reason}`, () => {
      expect(messageFor(value)).toBe(`VAL_001 Validation error: field '${field}' ${reason}`);
    });
  }

  test("may have ids of 255 characters, emoji and properties of 16 levels", () => {
    expect(messageFor({ ...event, event_id: "x".repeat(255), source: "😀" })).toBe("valid");
    expect(messageFor({ ...event, properties: { emoji: "😀", line: "a\nb" } })).toBe("valid");
    expect(messageFor({ ...event, properties: nested(16) })).toBe("valid");
  });

  test("never makes the reader throw, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.jsonValue(), (anything, properties) => {
        readUsageEvent(anything);
        expect(messageFor({ ...event, properties })).toMatch(/^(valid|VAL_001 )/);
      }),
    );
  });
});

describe("the identity of an event", () => {
  test("is 128 bits, the same for ever", () => {
    expect(identityDigest("co_1", "cust_1", "", "e1")).toBe("b5e8ac188528f8a6f3d687717eb1fec6");
  });

  test("has parts that never run together", () => {
    const parts = fc.tuple(fc.string(), fc.string(), fc.string(), fc.string());
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(identityDigest(...a) === identityDigest(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    expect(identityDigest("a", "bc", "", "d")).not.toBe(identityDigest("ab", "c", "", "d"));
    expect(identityDigest("a", "b", "1:c", "d")).not.toBe(identityDigest("a", "b", "", "1:cd"));
  });
});

describe("the fingerprint of an event", () => {
  const print = (json: string) => fingerprint(readJson(`{${ids},${json}}`) as UsageEvent);

  test("is 128 bits, the same for ever", () => {
    expect(print('"properties":{"tokens":1}')).toBe("7fb65dd9c407df69160911dcc78001a7");
  });

  const same: [name: string, a: string, b: string][] = [
    ["order of names", '"properties":{"b":1,"a":{"d":2,"c":3}}', '"properties":{"a":{"c":3,"d":2},"b":1}'],
    [
      "spelling of numbers",
      '"properties":{"a":1.50,"b":0,"c":1}',
      '"properties":{"a":15e-1,"b":-0,"c":1.000000000000000000}',
    ],
    ["tiny numbers", '"properties":{"a":0.0000001}', '"properties":{"a":1e-7}'],
    ["spelling of text", '"properties":{"a":"\\u0041"}', '"properties":{"a":"A"}'],
    [
      "spelling of the instant",
      '"timestamp":"2026-02-01T01:00:00+01:00","properties":{}',
      '"timestamp":"2026-02-01T00:00:00.000Z","properties":{}',
    ],
    ["numbered names", '"properties":{"10":1,"9":2}', '"properties":{"9":2,"10":1}'],
  ];
  for (const [name, a, b] of same) test(`does not depend on ${name}`, () => expect(print(a)).toBe(print(b)));

  test("does not depend on how the customer is spelled, nor on the identity", () => {
    const one = readJson(`{${ids},"properties":{}}`) as UsageEvent;
    expect(fingerprint({ ...one, customer_id: "acme", event_id: "e2", source: "s" })).toBe(fingerprint(one));
  });

  const different: [name: string, a: string, b: string][] = [
    ["a number and its text", '"properties":{"a":1}', '"properties":{"a":"1"}'],
    [
      "the last of many digits",
      '"properties":{"a":12345678901234567890}',
      '"properties":{"a":12345678901234567891}',
    ],
    ["null and nothing", '"properties":{"a":null}', '"properties":{}'],
    ["an empty list and an empty object", '"properties":{"a":[]}', '"properties":{"a":{}}'],
    ["the order of a list", '"properties":{"a":[1,2]}', '"properties":{"a":[2,1]}'],
    ["a timestamp and none", '"timestamp":"2026-02-01T00:00:00Z","properties":{}', '"properties":{}'],
    ["a subscription and none", '"subscription_id":"s","properties":{}', '"properties":{}'],
    [
      "instants a millisecond apart",
      '"timestamp":"2026-02-01T00:00:00.001Z","properties":{}',
      '"timestamp":"2026-02-01T00:00:00Z","properties":{}',
    ],
  ];
  for (const [name, a, b] of different)
    test(`tells ${name} apart`, () => expect(print(a)).not.toBe(print(b)));

  test("tells all contents apart, and only those", () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        const shuffled = Object.fromEntries(Object.entries(a).reverse());
        const printed = fingerprint({ ...event, properties: a });
        expect(fingerprint({ ...event, properties: shuffled })).toBe(printed);
        expect(fingerprint({ ...event, properties: b }) === printed).toBe(Bun.deepEquals(plain(a), plain(b)));
      }),
    );
  });
});

/** As JSON carries it: -0 is 0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
