import { limits } from "../../src/limits.ts";
import type { PartitionOwner, ShardStore } from "../../src/ports/shard_store.ts";

/** Which process has which partition, as the store last said. */
export class Owners {
  readonly #store: ShardStore;
  #known = new Map<number, PartitionOwner>();
  #reading: Promise<void> | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(store: ShardStore) {
    this.#store = store;
  }

  /** Reads them now and again from time to time. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh().catch(() => {}), limits.ownersEveryMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reading?.catch(() => {});
  }

  /** Reads them again; calls meanwhile share one reading. Throws DEP_001 where the store is away. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Where a partition's owner is reached; null where it has none that is. */
  addressOf(partition: number): string | null {
    return this.#known.get(partition)?.address ?? null;
  }

  /** The next record of a partition its owner applies; null where nobody ever had it. */
  appliedTo(partition: number): number | null {
    return this.#known.get(partition)?.nextOffset ?? null;
  }

  /** Every address there is. */
  addresses(): Set<string> {
    const addresses = [...this.#known.values()].map(({ address }) => address);
    return new Set(addresses.filter((address) => address !== null));
  }

  async #read(): Promise<void> {
    const owners = await this.#store.owners();
    this.#known = new Map(owners.map((owner) => [owner.partition, owner]));
  }
}
