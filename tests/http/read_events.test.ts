import { describe, expect, test } from "bun:test";
import { readEvents } from "../../shards/http/usage/read_events.ts";

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const cloud = {
  specversion: "1.0",
  id: "1",
  source: "/app",
  type: "call",
  subject: "ada",
  time: "2026-02-01T00:00:00Z",
  data: { n: 1 },
};
const native = { event_id: "1", event_type: "call", customer_id: "ada" };
const meant = {
  event_id: "1",
  event_type: "call",
  customer_id: "ada",
  source: "/app",
  timestamp: "2026-02-01T00:00:00Z",
  properties: { n: 1 },
};

describe("usage events are read", () => {
  test.each<[string, Record<string, string>, unknown, unknown[], boolean]>([
    ["one of our own", {}, native, [{ ...native, properties: {} }], true],
    ["several of our own", {}, { events: [native] }, [{ ...native, properties: {} }], false],
    [
      "a structured CloudEvent",
      { "content-type": "application/cloudevents+json; charset=utf-8" },
      cloud,
      [meant],
      true,
    ],
    ["a CloudEvent under plain JSON", { "content-type": "application/json" }, cloud, [meant], true],
    [
      "a batch of CloudEvents",
      { "content-type": "application/cloudevents-batch+json" },
      [cloud, cloud],
      [meant, meant],
      false,
    ],
    [
      "a binary CloudEvent",
      {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "%2Fapp",
        "ce-type": "call",
        "ce-subject": "ada",
        "ce-time": "2026-02-01T00:00:00Z",
      },
      { n: 1 },
      [meant],
      true,
    ],
    [
      "both forms side by side",
      {},
      { events: [native, cloud] },
      [{ ...native, properties: {} }, meant],
      false,
    ],
  ])("as %s", (_, headers, body, events, single) => {
    const read = readEvents(bytes(body), new Headers(headers));
    expect(read).toEqual({ incoming: events.map((event) => ({ event })) as never, single });
  });

  test.each<[string, Record<string, string>, string, string]>([
    ["text that is no JSON", {}, "{", "body"],
    ["a control character where JSON has none", {}, "\u0000", "body"],
    ["a header that is no text", { "ce-specversion": "1.0", "ce-id": "%zz" }, "{}", "ce-id"],
    ["a batch that is none", { "content-type": "application/cloudevents-batch+json" }, "{}", "body"],
  ])("but not from %s", (_, headers, body, field) => {
    expect(() => readEvents(bytes(body), new Headers(headers))).toThrow(
      expect.objectContaining({ code: "VAL_001", field }) as never,
    );
  });
});
