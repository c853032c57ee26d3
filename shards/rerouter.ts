import { isId } from "../src/ids.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import { eventOf, type Item } from "./items.ts";
import { encodeRecord, type LoggedEvent } from "./log_record.ts";

/**
 * Brings events home: one whose customer was unknown when it was received, and is known now, goes on under the
 * canonical id. Where that belongs to another partition it is appended there, and passed over here.
 */
export class Rerouter {
  readonly #refs: CustomerRefs;
  readonly #log: EventLog;
  readonly #partitions: number;

  constructor(refs: CustomerRefs, log: EventLog, partitions: number) {
    this.#refs = refs;
    this.#log = log;
    this.#partitions = partitions;
  }

  /** The items to decide here. Moved events are durable elsewhere before this returns: their ids make a repeat harmless. */
  async resolve(partition: number, items: readonly Item[]): Promise<readonly Item[]> {
    const homes = new Map<Item, Item>();
    const moved: { partition: number; bytes: Uint8Array }[] = [];
    for (const item of items) {
      const logged = eventOf(item);
      if (item.kind !== "event" || logged === null || this.#isHome(partition, logged)) continue;
      const customerRef = await this.#canonical(logged);
      const home = partitionOf(logged.companyId, customerRef, this.#partitions);
      if (home === partition) {
        homes.set(item, { ...item, logged: { ...logged, customerRef } });
        continue;
      }
      moved.push({
        partition: home,
        bytes: encodeRecord(logged.companyId, logged.receivedAt, [{ ...logged, customerRef }]),
      });
      homes.set(item, { ...item, logged: { moved: logged.event.event_id } });
    }
    if (moved.length > 0) await this.#log.append(moved);
    return homes.size === 0 ? items : items.map((item) => homes.get(item) ?? item);
  }

  #isHome(partition: number, { companyId, customerRef }: LoggedEvent): boolean {
    return isId("cust", customerRef) && partitionOf(companyId, customerRef, this.#partitions) === partition;
  }

  async #canonical({ companyId, customerRef }: LoggedEvent): Promise<string> {
    if (isId("cust", customerRef)) return customerRef;
    return (await this.#refs.resolve(companyId, [customerRef])).get(customerRef)?.id ?? customerRef;
  }
}
