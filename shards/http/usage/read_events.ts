import { BillingError, invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { fromCloudEvent } from "../../../src/metering/cloud_event.ts";
import { readUsageEvent, type UsageEvent } from "../../../src/metering/usage_event.ts";
import { readJson } from "../../../src/money/json.ts";
import type { Incoming } from "../../ingest.ts";

/** The events of a request, each valid or with its own fault, and whether it named a single one. */
export interface ReadEvents {
  readonly incoming: Incoming[];
  readonly single: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads usage events in any form the path takes: one native event, `{ "events": [...] }`, or CloudEvents 1.0
 * structured, batched or binary (told by content type and `ce-` headers).
 *
 * Throws VAL_001 for a body that is none of these, REQ_004 for too many events.
 */
export function readEvents(bytes: Uint8Array, headers: Headers): ReadEvents {
  const type = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (headers.has("ce-specversion")) return one(fromCloudEvent(binaryEvent(bytes, headers)));
  const body = parse(bytes);
  if (type === "application/cloudevents+json") return one(fromCloudEvent(body));
  if (type === "application/cloudevents-batch+json") return many(body, fromCloudEvent, "body");
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("body", 'must be an event or { "events": [...] }');
  }
  if ("specversion" in body) return one(fromCloudEvent(body));
  if (!("events" in body)) return one(readUsageEvent(body));
  const unknown = Object.keys(body).find((key) => key !== "events");
  if (unknown !== undefined) throw invalid(unknown, "is unknown");
  return many(body.events, eitherForm, "events");
}

function eitherForm(value: unknown): UsageEvent | BillingError {
  const cloud = typeof value === "object" && value !== null && "specversion" in value;
  return cloud ? fromCloudEvent(value) : readUsageEvent(value);
}

function one(read: UsageEvent | BillingError): ReadEvents {
  return {
    incoming: [read instanceof BillingError ? { event_id: null, error: read } : { event: read }],
    single: true,
  };
}

function many(list: unknown, read: (value: unknown) => UsageEvent | BillingError, field: string): ReadEvents {
  if (!Array.isArray(list)) throw invalid(field, "must be a list of events");
  if (list.length === 0) throw invalid(field, "must hold at least one event");
  if (list.length > limits.eventsPerRequestMax) {
    throw new BillingError("REQ_004", `A request takes up to ${limits.eventsPerRequestMax} events`, {
      field,
    });
  }
  const incoming = list.map((value): Incoming => {
    const event = read(value);
    return event instanceof BillingError ? { event_id: idOf(value), error: event } : { event };
  });
  return { incoming, single: false };
}

/** What a faulty event calls itself, so that its sender finds it again. */
function idOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  const { event_id, id } = value as { event_id?: unknown; id?: unknown };
  const name = event_id ?? id;
  return typeof name === "string" ? name.slice(0, limits.namedFieldCharactersMax) : null;
}

/** A CloudEvent in binary mode: its attributes are `ce-` headers, percent-encoded, its data the body. */
function binaryEvent(bytes: Uint8Array, headers: Headers): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith("ce-")) continue;
    try {
      event[name.slice(3)] = decodeURIComponent(value);
    } catch {
      throw invalid(name, "is not percent-encoded UTF-8");
    }
  }
  return bytes.length === 0 ? event : { ...event, data: parse(bytes) };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return readJson(decoder.decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new BillingError("VAL_001", "Validation error: the request body is not valid JSON in UTF-8", {
      field: "body",
    });
  }
}
