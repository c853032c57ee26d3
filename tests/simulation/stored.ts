import type { UsagePlace } from "../../src/ports/shard_store.ts";
import type {
  ActorKey,
  Claim,
  DeadLetter,
  DocumentRow,
  FactRow,
  IdentityRow,
  OrphanRow,
  Redemption,
  SettledRow,
  SnapshotRow,
  StoredAnswer,
  UsageRow,
} from "../../src/ports/stored_rows.ts";
import type { Instant } from "../../src/time/instant.ts";

/** One recorded fact of an actor, in a table of its own where it is usage. */
export type Entry =
  | { readonly kind: "fact"; readonly fact: FactRow }
  | { readonly kind: "usage"; readonly usage: UsageRow };

/** What is stored of one customer. */
export class StoredCustomer {
  snapshot: SnapshotRow | null = null;
  readonly entries: Entry[] = [];
  readonly usage = new Map<number, UsageRow>();
  /** When usage was taken back, by its number. */
  readonly voided = new Map<number, Instant>();
  readonly settled = new Map<string, SettledRow>();
  readonly #numbers = new Set<number>();

  has(seq: number): boolean {
    return this.#numbers.has(seq);
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    this.#numbers.add(numberOf(entry));
    if (entry.kind === "usage") this.usage.set(entry.usage.seq, entry.usage);
  }

  /** What came after the snapshot, in order. */
  tail(): Entry[] {
    const since = this.snapshot?.seq ?? 0;
    return this.entries.filter((entry) => numberOf(entry) > since).sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** Usage that counts, in the order it was recorded. */
  *counting(subscriptionId: string, from: Instant, to: Instant): Iterable<UsageRow> {
    for (const row of this.usage.values()) {
      const { occurredAt, seq } = row;
      if (row.subscriptionId !== subscriptionId || occurredAt < from || occurredAt >= to) continue;
      if (!this.voided.has(seq)) yield row;
    }
  }

  /** A page of it by event time, then by number. */
  page({ subscriptionId, from, to, after }: UsagePlace, limit: number): UsageRow[] {
    const isBeyond = ({ occurredAt, seq }: UsageRow): boolean =>
      after === null || occurredAt > after.occurredAt || (occurredAt === after.occurredAt && seq > after.seq);
    return [...this.counting(subscriptionId, from, to)]
      .filter(isBeyond)
      .sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq)
      .slice(0, limit);
  }
}

export interface StoredPartition {
  epoch: number;
  commitSeq: number;
  nextOffset: number;
  nextIndex: number;
  address: string | null;
  /** Who used what, oldest first. */
  readonly users: ActorKey[];
}

export interface StoredWake extends ActorKey {
  readonly clockId: string | null;
  readonly at: Instant;
  readonly partition: number;
}

/** All that a store holds. */
export class Tables {
  readonly partitions = new Map<number, StoredPartition>();
  readonly customers = new Map<string, StoredCustomer>();
  readonly identities = new Map<string, IdentityRow>();
  readonly claims = new Map<string, Claim>();
  /** By coupon, then by subscription. */
  readonly redemptions = new Map<string, Map<string, Redemption>>();
  readonly orphans = new Map<string, OrphanRow>();
  readonly wakes = new Map<string, StoredWake>();
  readonly deadLetters = new Map<string, DeadLetter>();
  readonly documents = new Map<string, DocumentRow>();
  /** Of which invoice a number is. */
  readonly numbers = new Map<string, string>();
  readonly answers = new Map<string, StoredAnswer>();
  /** The next invoice's number, by company. */
  readonly nextInvoice = new Map<string, number>();

  customer(key: ActorKey): StoredCustomer {
    const name = customerName(key);
    const known = this.customers.get(name);
    if (known !== undefined) return known;
    const fresh = new StoredCustomer();
    this.customers.set(name, fresh);
    return fresh;
  }
}

export function numberOf(entry: Entry): number {
  return entry.kind === "fact" ? entry.fact.seq : entry.usage.seq;
}

export function customerName({ companyId, customerId }: ActorKey): string {
  return `${companyId}|${customerId}`;
}

export function identityName(row: ActorKey & { readonly digest: string }): string {
  return `${row.companyId}|${row.customerId}|${row.digest}`;
}

export function documentName({ table, companyId, id }: Pick<DocumentRow, "table" | "companyId" | "id">) {
  return `${table}|${companyId}|${id}`;
}

export function claimName({ companyId, kind, value }: Claim): string {
  return `${companyId}|${kind}|${value}`;
}

export function answerName({ companyId, key }: Pick<StoredAnswer, "companyId" | "key">): string {
  return `${companyId}|${key}`;
}
