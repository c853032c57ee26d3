import { hash } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { ValueErrorType } from "@sinclair/typebox/errors";
import { type BillingError, invalid } from "../errors.ts";
import { Text } from "../text.ts";
import { parseInstant } from "../time/instant.ts";
import { canonicalJson } from "./canonical_json.ts";
import { type Fault, propertiesFault } from "./event_text.ts";
import type { Properties } from "./property.ts";

const Id = Text(255);

/**
 * A usage event as a client sends it; API.md §3. `properties` is an open object on purpose: a typed record costs
 * ten times the rest of the check, and only metered properties are ever read.
 */
export const UsageEventInput = Type.Object(
  {
    event_id: Id,
    event_type: Id,
    customer_id: Id,
    subscription_id: Type.Optional(Id),
    timestamp: Type.Optional(
      Type.String({ maxLength: 64, description: "RFC 3339; the time of receipt when left out" }),
    ),
    source: Type.Optional(Id),
    properties: Type.Optional(Type.Object({}, { additionalProperties: true, default: {} })),
  },
  { additionalProperties: false },
);

/** A valid usage event, holding exactly what the client sent. */
export interface UsageEvent {
  readonly event_id: string;
  readonly event_type: string;
  /** The customer as the client names it: an id or an external id. */
  readonly customer_id: string;
  readonly subscription_id?: string;
  readonly timestamp?: string;
  /** Part of the event's identity; none counts as a source of its own. */
  readonly source?: string;
  readonly properties: Properties;
}

/** Compiled for the first event: a start has other things to do. */
let compiled: TypeCheck<typeof UsageEventInput> | null = null;

function shape(): TypeCheck<typeof UsageEventInput> {
  compiled ??= TypeCompiler.Compile(UsageEventInput);
  return compiled;
}

/** The event in a parsed body, or the VAL_001 that names what is wrong with it. Does not throw: bad events are data. */
export function readUsageEvent(value: unknown): UsageEvent | BillingError {
  const read = readEvent(value);
  return "reason" in read ? invalid(read.field, read.reason) : read;
}

/** As `readUsageEvent`, with the fault in its parts. */
export function readEvent(value: unknown): UsageEvent | Fault {
  if (!shape().Check(value)) return shapeFault(value);
  const { timestamp, properties } = value as Static<typeof UsageEventInput> & { properties?: Properties };
  if (timestamp !== undefined && parseInstant(timestamp) === null) {
    return { field: "timestamp", reason: "must be an instant in RFC 3339, such as 2026-02-01T00:00:00Z" };
  }
  if (properties === undefined) return { ...value, properties: {} };
  return propertiesFault(properties) ?? (value as UsageEvent);
}

/** The first thing that is wrong with the shape of an event. */
function shapeFault(value: unknown): Fault {
  const error = shape().Errors(value).First();
  const field = error?.path.slice(1) ?? "";
  if (error === undefined || field === "") return { field: "event", reason: "must be an object" };
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return { field, reason: "is unknown" };
  if (error.value === undefined) return { field, reason: "is required" };
  if (field === "properties") return { field, reason: "must be an object" };
  if (field === "timestamp") return { field, reason: "must be an instant in RFC 3339" };
  return { field, reason: "must be a string of 1 to 255 characters without control characters" };
}

// 128 bits in hex: as good as no collision among all the events there will ever be.
const digestLength = 32;

/**
 * An event's identity as 32 hex digits, for ever the same: of the company, the customer's canonical id, the source
 * ("" for none) and the event id, each with its length before it so that no two can run together.
 */
export function identityDigest(
  companyId: string,
  customerId: string,
  source: string,
  eventId: string,
): string {
  const company = `${companyId.length}:${companyId}`;
  const customer = `${customerId.length}:${customerId}`;
  return digest(`${company}${customer}${source.length}:${source}${eventId.length}:${eventId}`);
}

/**
 * What tells a duplicate from a conflict, as 32 hex digits: of what the client sent and nothing else. The timestamp
 * counts as the instant it names, properties by their canonical JSON; how the customer was spelled does not count.
 */
export function fingerprint(event: UsageEvent): string {
  const { event_type, subscription_id, timestamp, properties } = event;
  const at = timestamp === undefined ? null : (parseInstant(timestamp) ?? timestamp);
  return digest(`${JSON.stringify([event_type, subscription_id ?? null, at])}${canonicalJson(properties)}`);
}

function digest(text: string): string {
  return hash("sha256", text, "hex").slice(0, digestLength);
}
