import { BillingError, type ErrorCode } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { UsageEvent } from "../src/metering/usage_event.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ResolvedCustomer } from "../src/ports/documents.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import { formatInstant, type Instant, parseInstant } from "../src/time/instant.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import type { Verdict } from "./items.ts";
import { encodeRecord, type Recovery } from "./log_record.ts";
import type { Shard } from "./shard.ts";
import type { TestClocks } from "./test_clocks.ts";

/** A validated event, or why it is none. */
export type Incoming =
  | {
      readonly event: UsageEvent;
      /** Of an orphan event: how it is offered again, and under which customer in place of the one it names. */
      readonly recovery?: Recovery;
      readonly customerRef?: string;
    }
  | { readonly event_id: string | null; readonly error: BillingError };

export interface IngestResult {
  readonly event_id: string | null;
  readonly status: Verdict["status"] | "rejected";
  readonly code?: ErrorCode;
  readonly msg?: string;
  /** Which field of the event is at fault. */
  readonly field?: string;
  readonly reason?: string;
  readonly customerId?: string;
}

interface Placed {
  readonly index: number;
  readonly event: UsageEvent;
  readonly customerRef: string;
  readonly recovery?: Recovery;
}

/**
 * Takes usage events in: names their customers, stamps the time they were received and appends them to the log.
 * Accepted means durable. One bad event never harms its neighbours.
 */
export class Ingestion {
  readonly #log: EventLog;
  readonly #refs: CustomerRefs;
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #testClocks: TestClocks;

  constructor(log: EventLog, refs: CustomerRefs, shard: Shard, clock: Clock, testClocks: TestClocks) {
    this.#log = log;
    this.#refs = refs;
    this.#shard = shard;
    this.#clock = clock;
    this.#testClocks = testClocks;
  }

  /** One result per event, in order. With `wait`, results are final verdicts, given once committed. */
  async ingest(companyId: string, incoming: readonly Incoming[], wait: boolean): Promise<IngestResult[]> {
    const receivedAt = this.#clock.now();
    const results: IngestResult[] = new Array(incoming.length);
    const groups = await this.#place(companyId, incoming, results);
    const partitions = [...groups.keys()];
    const entries = partitions.map((partition) => ({
      partition,
      bytes: encodeRecord(companyId, receivedAt, groups.get(partition) ?? []),
    }));
    if (entries.length === 0) return results;
    let offsets: number[];
    try {
      offsets = await this.#log.append(entries);
    } catch (error) {
      const failure =
        error instanceof BillingError ? error : new BillingError("DEP_001", "The event log is away");
      for (const placed of [...groups.values()].flat())
        results[placed.index] = rejected(placed.event.event_id, failure);
      return results;
    }
    const applied = wait
      ? partitions.map((partition, i) => this.#shard.applied(partition, offsets[i] ?? 0))
      : [];
    for (const [i, partition] of partitions.entries()) {
      const verdicts = (await applied[i]) ?? [];
      for (const [j, placed] of (groups.get(partition) ?? []).entries()) {
        results[placed.index] = verdicts[j] ?? { event_id: placed.event.event_id, status: "accepted" };
      }
    }
    return results;
  }

  /** Groups valid events by partition under their canonical customer; notes the others' rejections. */
  async #place(
    companyId: string,
    incoming: readonly Incoming[],
    results: IngestResult[],
  ): Promise<Map<number, Placed[]>> {
    const refs = new Set<string>();
    for (const item of incoming) if ("event" in item) refs.add(item.customerRef ?? item.event.customer_id);
    const customers = await this.#refs.resolve(companyId, [...refs]);
    const groups = new Map<number, Placed[]>();
    const now = this.#clock.now();
    for (const [index, item] of incoming.entries()) {
      if (!("event" in item)) {
        results[index] = rejected(item.event_id, item.error);
        continue;
      }
      const { event, recovery } = item;
      const named = item.customerRef ?? event.customer_id;
      const customer = customers.get(named);
      const isNow = recovery?.action === "next_invoice";
      const early = isNow ? null : tooEarly(event, this.#latest(customer, now));
      if (early !== null) {
        results[index] = rejected(event.event_id, early);
        continue;
      }
      const customerRef = customer?.id ?? named;
      const partition = partitionOf(companyId, customerRef, limits.partitions);
      const group = groups.get(partition);
      const placed =
        recovery === undefined ? { index, event, customerRef } : { index, event, customerRef, recovery };
      if (group === undefined) groups.set(partition, [placed]);
      else group.push(placed);
    }
    return groups;
  }

  /** Real time takes an hour ahead, for clocks that run fast; a test clock two years, so that its future can be filled. */
  #latest(customer: ResolvedCustomer | undefined, now: Instant): Instant {
    const clockId = customer?.testClockId ?? null;
    const clockNow = clockId === null ? null : this.#testClocks.now(clockId);
    return clockNow === null ? now + limits.eventAheadMs : clockNow + limits.eventAheadOnTestClockMs;
  }
}

function tooEarly(event: UsageEvent, latest: Instant): BillingError | null {
  if (event.timestamp === undefined) return null;
  const at = parseInstant(event.timestamp);
  if (at === null || at <= latest) return null;
  const msg = `Validation error: field 'timestamp' lies in the future (the latest accepted now is ${formatInstant(latest)})`;
  return new BillingError("VAL_001", msg, { field: "timestamp" });
}

function rejected(event_id: string | null, error: BillingError): IngestResult {
  const { code, field, message: msg } = error;
  return { event_id, status: "rejected", code, msg, ...(field === undefined ? {} : { field }) };
}
