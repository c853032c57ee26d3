import type { Positions } from "../actors/customer/ledger/positions.ts";
import { type CustomerState, newCustomerState } from "../actors/customer/state.ts";
import type { ActorKey, WakeRow } from "../src/ports/stored_rows.ts";

/** Bytes in memory for each character of a snapshot, measured. */
const BYTES_PER_CHARACTER = 3;
/** What an actor takes that has no snapshot yet. */
const NEW_ACTOR_CHARACTERS = 1500;

/** A live actor and how far its stored snapshot is behind it. */
export interface LiveActor {
  readonly state: CustomerState;
  /** Facts since the stored snapshot: what a recovery would have to replay. */
  unsnapshotted: number;
  /** When it is to be woken, as the store knows it; undefined where that has to be written anew. */
  wake: Wake | undefined;
  /** What the ledger has been told of its open charges and limits, as of the last commit. */
  posted: Positions;
  /** The length of its last snapshot, which tells what it takes in memory. */
  snapshotCharacters: number;
}

/** When a customer is to be woken, and by which clock. */
export type Wake = Pick<WakeRow, "clockId" | "nextWake">;

/** How much a directory may hold at present. */
export interface Room {
  readonly actors: number;
  /** Of memory, by estimate. */
  readonly bytes: number;
}

/** The live actors of one partition, least recently used first, bounded; the rest are passive in the store. */
export class Directory {
  readonly #live = new Map<string, { readonly actor: LiveActor; readonly characters: number }>();
  readonly #room: () => Room;
  #characters = 0;

  /** @param room what may be kept; beyond it the least recently used are dropped */
  constructor(room: () => Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#live.size;
  }

  get(key: ActorKey): LiveActor | undefined {
    return this.#live.get(actorName(key))?.actor;
  }

  /** Marks as used just now. */
  touch(key: ActorKey, actor: LiveActor): void {
    const name = actorName(key);
    this.#forget(name);
    this.#live.set(name, { actor, characters: actor.snapshotCharacters });
    this.#characters += actor.snapshotCharacters;
  }

  /** Forgets an actor, such as one whose tentative state was not committed. */
  drop(key: ActorKey): void {
    this.#forget(actorName(key));
  }

  /** Makes room after a batch. Nothing is written: committed facts and snapshot rebuild a passive actor. */
  passivate(): void {
    const { actors, bytes } = this.#room();
    for (const name of this.#live.keys()) {
      if (this.#live.size <= actors && this.#characters * BYTES_PER_CHARACTER <= bytes) return;
      this.#forget(name);
    }
  }

  clear(): void {
    this.#live.clear();
    this.#characters = 0;
  }

  #forget(name: string): void {
    this.#characters -= this.#live.get(name)?.characters ?? 0;
    this.#live.delete(name);
  }
}

/** The actor of a customer nothing has happened to. */
export function newLiveActor({ companyId, customerId }: ActorKey): LiveActor {
  const state = newCustomerState(companyId, customerId);
  return {
    state,
    unsnapshotted: 0,
    wake: undefined,
    posted: new Map(),
    snapshotCharacters: NEW_ACTOR_CHARACTERS,
  };
}

/** An actor's name within a shard. */
export function actorName(key: ActorKey): string {
  return `${key.companyId}|${key.customerId}`;
}
