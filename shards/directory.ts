import type { Positions } from "../actors/customer/ledger/positions.ts";
import { type CustomerState, newCustomerState } from "../actors/customer/state.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";

/** A live actor and how far its stored snapshot is behind it. */
export interface LiveActor {
  readonly state: CustomerState;
  /** Facts since the stored snapshot: what a recovery would have to replay. */
  unsnapshotted: number;
  /** What the ledger has been told of its open charges and limits, as of the last commit. */
  posted: Positions;
}

/** The live actors of one partition, least recently used first, bounded; the rest are passive in the store. */
export class Directory {
  readonly #live = new Map<string, LiveActor>();
  readonly #max: () => number;

  /** @param max live actors kept at present; beyond it the least recently used are dropped */
  constructor(max: () => number) {
    this.#max = max;
  }

  get size(): number {
    return this.#live.size;
  }

  get(key: ActorKey): LiveActor | undefined {
    return this.#live.get(actorName(key));
  }

  /** Marks as used just now. */
  touch(key: ActorKey, actor: LiveActor): void {
    const name = actorName(key);
    this.#live.delete(name);
    this.#live.set(name, actor);
  }

  /** Forgets an actor, such as one whose tentative state was not committed. */
  drop(key: ActorKey): void {
    this.#live.delete(actorName(key));
  }

  /** Makes room after a batch. Nothing is written: committed facts and snapshot rebuild a passive actor. */
  passivate(): void {
    let excess = this.#live.size - this.#max();
    for (const name of this.#live.keys()) {
      if (excess-- <= 0) return;
      this.#live.delete(name);
    }
  }

  clear(): void {
    this.#live.clear();
  }
}

/** The actor of a customer nothing has happened to. */
export function newLiveActor({ companyId, customerId }: ActorKey): LiveActor {
  return { state: newCustomerState(companyId, customerId), unsnapshotted: 0, posted: new Map() };
}

/** An actor's name within a shard. */
export function actorName(key: ActorKey): string {
  return `${key.companyId}|${key.customerId}`;
}
