import { attachSettled } from "../actors/customer/settled.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import type { Catalog } from "../src/catalog/catalog.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Instant } from "../src/time/instant.ts";
import { actorName } from "./directory.ts";

/** Thrown when a decision turns on a settled period: it is looked up and the batch is decided again with it. */
export class Needs extends Error {
  readonly key: ActorKey;
  readonly subscriptionId: string;
  readonly at: Instant;
  constructor(key: ActorKey, { subscriptionId, at }: { subscriptionId: string; at: Instant }) {
    super("a settled period is needed");
    this.key = { companyId: key.companyId, customerId: key.customerId };
    this.subscriptionId = subscriptionId;
    this.at = at;
  }
}

/** The settled invoices one turn has looked up since its last commit; put beside their actors whenever those are loaded. */
export class SettledLookups {
  readonly #store: ShardStore;
  readonly #found = new Map<string, { subscriptionId: string; at: Instant; bodies: string[] }[]>();

  constructor(store: ShardStore) {
    this.#store = store;
  }

  /** Reads what was needed. */
  async learn({ key, subscriptionId, at }: Needs): Promise<void> {
    const rows = await this.#store.loadSettled([{ ...key, subscriptionId, at }]);
    const known = this.#found.get(actorName(key)) ?? [];
    const bodies = rows.map((row) => row.body);
    this.#found.set(actorName(key), [...known, { subscriptionId, at, bodies }]);
  }

  /** A commit may have changed any of them: they are looked up again where they are needed. */
  forget(): void {
    this.#found.clear();
  }

  /** Puts what was looked up beside an actor that has just been loaded. */
  attach(state: CustomerState, catalog: Catalog): void {
    for (const found of this.#found.get(actorName(state)) ?? []) attachSettled(state, found, catalog);
  }
}
