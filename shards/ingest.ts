import { BillingError, type ErrorCode } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { UsageEvent } from "../src/metering/usage_event.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { LogEntry } from "../src/ports/event_log.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import { futureFault } from "./event_time.ts";
import type { Intake } from "./intake.ts";
import type { Verdict } from "./items.ts";
import { encodeRecord, type Recovery } from "./log_record.ts";
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
  readonly #intake: Intake;
  readonly #refs: CustomerRefs;
  readonly #clock: Clock;
  readonly #testClocks: TestClocks;

  constructor(intake: Intake, refs: CustomerRefs, clock: Clock, testClocks: TestClocks) {
    this.#intake = intake;
    this.#refs = refs;
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
    await Promise.all(
      entries.map(async (entry) => {
        const placed = groups.get(entry.partition) ?? [];
        for (const [i, result] of (await this.#append(entry, placed, wait)).entries())
          results[placed[i]?.index ?? 0] = result;
      }),
    );
    return results;
  }

  /** One result per event of a partition: where it cannot be written, only its own events are rejected. */
  async #append(entry: LogEntry, placed: readonly Placed[], wait: boolean): Promise<IngestResult[]> {
    try {
      const verdicts = await this.#intake.take(entry, wait);
      return placed.map(({ event }, i) => verdicts[i] ?? { event_id: event.event_id, status: "accepted" });
    } catch (error) {
      const failure =
        error instanceof BillingError ? error : new BillingError("DEP_001", "The event log is away");
      return placed.map(({ event }) => rejected(event.event_id, failure));
    }
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
    await this.#testClocks.meet([...customers.values()].flatMap(({ testClockId }) => testClockId ?? []));
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
      const early = isNow ? null : futureFault(event, customer, now, this.#testClocks);
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
}

function rejected(event_id: string | null, error: BillingError): IngestResult {
  const { code, field, message: msg } = error;
  return { event_id, status: "rejected", code, msg, ...(field === undefined ? {} : { field }) };
}
