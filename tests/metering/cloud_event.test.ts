import { describe, expect, test } from "bun:test";
import { BillingError } from "../../src/errors.ts";
import { fromCloudEvent } from "../../src/metering/cloud_event.ts";

const cloud = {
  specversion: "1.0",
  id: "e1",
  source: "/gateway/eu",
  type: "api_call",
  subject: "cust_abc",
};

describe("a CloudEvent", () => {
  test("becomes a usage event", () => {
    const time = "2026-02-01T00:00:00Z";
    const data = { tokens: 12 };
    expect(
      fromCloudEvent({ ...cloud, time, datacontenttype: "application/json", data, traceparent: "00-1" }),
    ).toEqual({
      event_id: "e1",
      source: "/gateway/eu",
      event_type: "api_call",
      customer_id: "cust_abc",
      timestamp: time,
      properties: data,
    });
  });

  test("without data, or with null in what may be left out, has no properties", () => {
    const bare = {
      event_id: "e1",
      source: "/gateway/eu",
      event_type: "api_call",
      customer_id: "cust_abc",
      properties: {},
    };
    expect(fromCloudEvent(cloud)).toEqual(bare);
    expect(fromCloudEvent({ ...cloud, data: null, time: null })).toEqual(bare);
  });

  const rows: [value: unknown, message: string][] = [
    [null, "field 'event' must be an object"],
    [[cloud], "field 'event' must be an object"],
    [{ ...cloud, specversion: "0.3" }, "field 'specversion' must be '1.0'"],
    [{ ...cloud, specversion: undefined }, "field 'specversion' must be '1.0'"],
    [{ ...cloud, source: undefined }, "field 'source' is required"],
    [{ ...cloud, id: undefined }, "field 'id' is required"],
    [{ ...cloud, type: null }, "field 'type' is required"],
    [{ ...cloud, subject: undefined }, "field 'subject' is required"],
    [
      { ...cloud, subject: 7 },
      "field 'subject' must be a string of 1 to 255 characters without control characters",
    ],
    [
      { ...cloud, time: "yesterday" },
      "field 'time' must be an instant in RFC 3339, such as 2026-02-01T00:00:00Z",
    ],
    [{ ...cloud, data: "text" }, "field 'data' must be an object"],
    [{ ...cloud, data: { a: { b: "\0" } } }, "field 'data.a.b' must not contain NUL or a lone surrogate"],
    [{ ...cloud, data_base64: "e30=" }, "field 'data_base64' cannot hold properties: send them in 'data'"],
  ];
  for (const [value, message] of rows) {
    test(`is refused: ${message}`, () => {
      const read = fromCloudEvent(value);
      expect(read).toBeInstanceOf(BillingError);
      expect(read).toMatchObject({ code: "VAL_001", message: `Validation error: ${message}` });
    });
  }
});
