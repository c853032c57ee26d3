import { assert } from "../src/errors.ts";
import type { UsageEvent } from "../src/metering/usage_event.ts";
import { readJson } from "../src/money/json.ts";
import type { Instant } from "../src/time/instant.ts";

/** One event as it waits in the log: who it is for, as far as known when it was received, and when that was. */
export interface LoggedEvent {
  readonly companyId: string;
  /** The canonical customer id, or what the sender called a customer nobody knew. */
  readonly customerRef: string;
  readonly receivedAt: Instant;
  readonly event: UsageEvent;
  readonly recovery?: Recovery;
  /** Of a record that someone outside wrote to the log: not seen by ingestion. */
  readonly outside?: true;
}

/** How an orphan event is offered again. It stands beside the event, whose identity stays what its client sent. */
export interface Recovery {
  /** Id of the orphan event. */
  readonly orphan: string;
  readonly action: "retry" | "assign" | "next_invoice";
  /** Who asked for it; null where it is tried by itself. */
  readonly by: string | null;
  /** When the event was first received. */
  readonly receivedAt: Instant;
  /** Stands for what the event names. */
  readonly subscriptionId?: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A log record: a header line, then one line per event, `[customer, event]`, or `[customer, event, recovery]`. Lines
 * keep the digits the client sent, and one bad line can never swallow its neighbours.
 */
export function encodeRecord(
  companyId: string,
  receivedAt: Instant,
  entries: readonly Pick<LoggedEvent, "customerRef" | "event" | "recovery">[],
): Uint8Array {
  let text = JSON.stringify({ v: 1, company: companyId, at: receivedAt });
  for (const { customerRef, event, recovery } of entries)
    text += `\n${JSON.stringify(recovery === undefined ? [customerRef, event] : [customerRef, event, recovery])}`;
  return encoder.encode(text);
}

/** What cannot be applied, as text, and why. */
export interface Unreadable {
  readonly unreadable: string;
  readonly reason: string;
}

/** A record's events in order; an unreadable line becomes its own error, in its place. */
export function decodeRecord(bytes: Uint8Array): (LoggedEvent | Unreadable)[] {
  const [head = "", ...lines] = decoder.decode(bytes).split("\n");
  const header = headerOf(head);
  if (lines.length === 0) return [unreadable(head)]; // nothing in it, but it must be passed over
  if (header === null) return lines.map(unreadable);
  return lines.map((line) => {
    try {
      const [customerRef, event, recovery] = readJson(line) as [string, UsageEvent, Recovery?];
      assert(
        typeof customerRef === "string" && typeof event.event_id === "string",
        "a log line names its event",
      );
      const logged = { companyId: header.company, customerRef, receivedAt: header.at, event };
      return recovery === undefined
        ? logged
        : { ...logged, receivedAt: Number(recovery.receivedAt), recovery };
    } catch {
      return unreadable(line);
    }
  });
}

function unreadable(text: string): Unreadable {
  return { unreadable: text, reason: "unreadable record" };
}

function headerOf(line: string): { company: string; at: number } | null {
  try {
    const header = JSON.parse(line) as { v: number; company: string; at: number };
    return header.v === 1 && typeof header.company === "string" && Number.isInteger(header.at)
      ? header
      : null;
  } catch {
    return null;
  }
}
