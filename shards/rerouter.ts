import { isId } from "../src/ids.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { ResolvedCustomer } from "../src/ports/documents.ts";
import type { LogEntry } from "../src/ports/event_log.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import { futureFault } from "./event_time.ts";
import { eventOf, type Item } from "./items.ts";
import { encodeRecord, type LoggedEvent } from "./log_record.ts";
import type { TestClocks } from "./test_clocks.ts";

type EventItem = Extract<Item, { kind: "event" }>;

/**
 * Brings events home: one whose customer was unknown when it was received, and is known now, goes on under the
 * canonical id, and so does one that ingestion has not seen, after the checks it missed. Where that belongs to another
 * partition it is appended there, and passed over here.
 */
export class Rerouter {
  readonly #refs: CustomerRefs;
  readonly #append: (entries: readonly LogEntry[]) => Promise<void>;
  readonly #testClocks: TestClocks;
  readonly #partitions: number;

  /** @param append makes entries durable in whichever partition they are for */
  constructor(
    refs: CustomerRefs,
    append: (entries: readonly LogEntry[]) => Promise<void>,
    testClocks: TestClocks,
    partitions: number,
  ) {
    this.#refs = refs;
    this.#append = append;
    this.#testClocks = testClocks;
    this.#partitions = partitions;
  }

  /** The items to decide here. Moved events are durable elsewhere before this returns: their ids make a repeat harmless. */
  async resolve(partition: number, items: readonly Item[]): Promise<readonly Item[]> {
    const strangers = new Map<EventItem, LoggedEvent>();
    for (const item of items) {
      const logged = eventOf(item);
      if (item.kind !== "event" || logged === null || this.#isHome(partition, logged)) continue;
      strangers.set(item, logged);
    }
    if (strangers.size === 0) return items;
    const customers = await this.#customersOf([...strangers.values()]);
    const named = [...customers.values()].flatMap((ofCompany) => [...ofCompany.values()]);
    await this.#testClocks.meet(named.flatMap(({ testClockId }) => testClockId ?? []));
    const homes = new Map<Item, Item>();
    const moved: { partition: number; bytes: Uint8Array }[] = [];
    for (const [item, logged] of strangers) {
      const customer = customers.get(logged.companyId)?.get(logged.customerRef);
      const early = logged.outside
        ? futureFault(logged.event, customer, logged.receivedAt, this.#testClocks)
        : null;
      if (early !== null) {
        const unreadable = JSON.stringify(logged.event);
        homes.set(item, { ...item, logged: { unreadable, reason: early.message } });
        continue;
      }
      const canonical = isId("cust", logged.customerRef) ? logged.customerRef : customer?.id;
      const settled = { ...logged, customerRef: canonical ?? logged.customerRef };
      const home = partitionOf(settled.companyId, settled.customerRef, this.#partitions);
      if (home === partition) {
        homes.set(item, { ...item, logged: settled });
        continue;
      }
      moved.push({ partition: home, bytes: encodeRecord(logged.companyId, logged.receivedAt, [settled]) });
      homes.set(item, { ...item, logged: { moved: logged.event.event_id } });
    }
    if (moved.length > 0) await this.#append(moved);
    return items.map((item) => homes.get(item) ?? item);
  }

  #isHome(partition: number, { companyId, customerRef, outside }: LoggedEvent): boolean {
    if (outside || !isId("cust", customerRef)) return false;
    return partitionOf(companyId, customerRef, this.#partitions) === partition;
  }

  /** By company, whom the events name. */
  async #customersOf(events: readonly LoggedEvent[]): Promise<Map<string, Map<string, ResolvedCustomer>>> {
    const named = Map.groupBy(events, ({ companyId }) => companyId);
    const found = new Map<string, Map<string, ResolvedCustomer>>();
    for (const [companyId, ofCompany] of named) {
      const refs = new Set(ofCompany.map(({ customerRef }) => customerRef));
      found.set(companyId, await this.#refs.resolve(companyId, [...refs]));
    }
    return found;
  }
}
