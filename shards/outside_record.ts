import { BillingError } from "../src/errors.ts";
import { fromCloudEvent } from "../src/metering/cloud_event.ts";
import { readUsageEvent, type UsageEvent } from "../src/metering/usage_event.ts";
import { readJson } from "../src/money/json.ts";
import type { RecordOrigin } from "../src/ports/event_log.ts";
import type { LoggedEvent, Unreadable } from "./log_record.ts";

type Outsider = Extract<RecordOrigin, { by: "outsider" }>;

const decoder = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

/**
 * The usage event in a record someone else wrote to the log: one event as JSON, or a CloudEvent 1.0, structured or
 * (by `ce_` headers) binary. Its key says whose it is, `company_id|customer_id`; the customer is the one the event
 * names. What it may hold is checked as in a request; a record that fails is given back with the reason.
 */
export function readOutsideRecord(bytes: Uint8Array, origin: Outsider): LoggedEvent | Unreadable {
  const fail = (reason: string): Unreadable => ({ unreadable: lenient.decode(bytes), reason });
  const companyId = companyIn(origin.key);
  if (companyId === null) return fail("the key must be company_id|customer_id");
  let event: UsageEvent | BillingError;
  try {
    event = readEvent(bytes, origin.headers);
  } catch {
    return fail("the value is not valid JSON in UTF-8");
  }
  if (event instanceof BillingError) return fail(event.message);
  return { companyId, customerRef: event.customer_id, receivedAt: origin.receivedAt, event, outside: true };
}

/** A company's id, as far as its form tells, with something behind the bar. */
function companyIn(key: string | null): string | null {
  return /^([A-Za-z0-9_-]{1,64})\|./u.exec(key ?? "")?.[1] ?? null;
}

function readEvent(bytes: Uint8Array, headers: ReadonlyMap<string, string>): UsageEvent | BillingError {
  const binary = headers.has("ce_specversion");
  const body = binary && bytes.length === 0 ? undefined : readJson(decoder.decode(bytes));
  if (binary) {
    const attributes = [...headers].filter(([name]) => name.startsWith("ce_"));
    return fromCloudEvent({
      ...Object.fromEntries(attributes.map(([name, value]) => [name.slice(3), value])),
      data: body,
    });
  }
  const isCloudEvent = typeof body === "object" && body !== null && "specversion" in body;
  return isCloudEvent ? fromCloudEvent(body) : readUsageEvent(body);
}
