import { type BillingError, invalid } from "../errors.ts";
import { readEvent, type UsageEvent } from "./usage_event.ts";

const cloudNames: Readonly<Record<string, string>> = {
  event_id: "id",
  event_type: "type",
  customer_id: "subject",
  timestamp: "time",
  properties: "data",
};

/**
 * The usage event in a CloudEvent 1.0, structured or put together from `ce-` headers: `subject` is the customer,
 * `data` (nothing: {}) the properties. Extension attributes are passed over, as the standard asks.
 */
export function fromCloudEvent(value: unknown): UsageEvent | BillingError {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return invalid("event", "must be an object");
  const cloud = value as Readonly<Record<string, unknown>>;
  if (cloud.specversion !== "1.0") return invalid("specversion", "must be '1.0'");
  if (cloud.source === undefined || cloud.source === null) return invalid("source", "is required");
  if ((cloud.data_base64 ?? null) !== null)
    return invalid("data_base64", "cannot hold properties: send them in 'data'");
  const native: Record<string, unknown> = { source: cloud.source, properties: cloud.data ?? {} };
  for (const [name, cloudName] of Object.entries(cloudNames)) {
    const given = cloud[cloudName] ?? null;
    if (given !== null) native[name] = given;
  }
  const read = readEvent(native);
  return "reason" in read ? invalid(cloudField(read.field), read.reason) : read;
}

function cloudField(field: string): string {
  const [first = "", ...rest] = field.split(".");
  return [cloudNames[first] ?? first, ...rest].join(".");
}
