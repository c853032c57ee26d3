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

interface Entry {
  readonly key: ActorKey;
  actor: LiveActor;
  characters: number;
}

/** The live actors of one partition, least recently used first, bounded; the rest are passive in the store. */
export class Directory {
  /** By company, then by customer: a name made of both would be made and hashed for every look-up. */
  readonly #companies = new Map<string, Map<string, Entry>>();
  readonly #byUse = new Set<Entry>();
  readonly #room: () => Room;
  #characters = 0;

  /** @param room what may be kept; beyond it the least recently used are dropped */
  constructor(room: () => Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#byUse.size;
  }

  get(key: ActorKey): LiveActor | undefined {
    return this.#entry(key)?.actor;
  }

  /** Marks as used just now. */
  touch(key: ActorKey, actor: LiveActor): void {
    let entry = this.#entry(key);
    if (entry === undefined) {
      entry = { key, actor, characters: 0 };
      const company = this.#companies.get(key.companyId);
      if (company === undefined) this.#companies.set(key.companyId, new Map([[key.customerId, entry]]));
      else company.set(key.customerId, entry);
    }
    this.#characters += actor.snapshotCharacters - entry.characters;
    entry.actor = actor;
    entry.characters = actor.snapshotCharacters;
    this.#byUse.delete(entry);
    this.#byUse.add(entry);
  }

  /** Forgets an actor, such as one whose tentative state was not committed. */
  drop(key: ActorKey): void {
    const entry = this.#entry(key);
    if (entry !== undefined) this.#forget(entry);
  }

  /** Makes room after a batch. Nothing is written: committed facts and snapshot rebuild a passive actor. */
  passivate(): void {
    const { actors, bytes } = this.#room();
    for (const entry of this.#byUse) {
      if (this.size <= actors && this.#characters * BYTES_PER_CHARACTER <= bytes) return;
      this.#forget(entry);
    }
  }

  clear(): void {
    this.#companies.clear();
    this.#byUse.clear();
    this.#characters = 0;
  }

  #entry({ companyId, customerId }: ActorKey): Entry | undefined {
    return this.#companies.get(companyId)?.get(customerId);
  }

  #forget(entry: Entry): void {
    const { companyId, customerId } = entry.key;
    this.#characters -= entry.characters;
    this.#byUse.delete(entry);
    const company = this.#companies.get(companyId);
    company?.delete(customerId);
    if (company?.size === 0) this.#companies.delete(companyId);
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
