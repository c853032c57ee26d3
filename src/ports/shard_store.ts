import type { Instant } from "../time/instant.ts";
import type { LedgerEntries, RefusedChain } from "./ledger_outbox.ts";
import type {
  ActorKey,
  Claim,
  DeadLetter,
  DocumentRow,
  FactRow,
  IdentityRow,
  OrphanRow,
  PartitionCursor,
  RecoveredOrphan,
  Redemption,
  SettledRow,
  SnapshotRow,
  StoredAnswer,
  TakenSnapshot,
  UsageRow,
  VoidedRow,
  WakeRow,
} from "./stored_rows.ts";

/** What depends on invoice numbers, which only the commit can give. */
export interface NumberedRows {
  readonly facts: readonly FactRow[];
  readonly documents: readonly DocumentRow[];
  readonly answers: readonly StoredAnswer[];
}

/** One transaction: everything a batch of one partition decided. */
export interface CommitBatch {
  /** The fence: no row with this epoch and commit_seq, no commit. */
  readonly cursor: PartitionCursor;
  readonly nextOffset: number;
  readonly nextIndex: number;
  readonly usage: readonly UsageRow[];
  /** Must all be new, else nothing is committed. */
  readonly newIdentities: readonly IdentityRow[];
  /** Known ids with a new verdict: decided again after a refusal, or voided. */
  readonly changedIdentities: readonly IdentityRow[];
  /** What fits nowhere; one that is recovered stays so, since its event counts or goes on as another orphan. */
  readonly orphans: readonly OrphanRow[];
  /** Applied after `orphans`; one that is being discarded meanwhile is recovered nevertheless: its event counts. */
  readonly recoveredOrphans: readonly RecoveredOrphan[];
  readonly claims: readonly Claim[];
  readonly releasedClaims: readonly Claim[];
  /** Counted across customers: with one too many, nothing is committed. */
  readonly redemptions: readonly Redemption[];
  /** Each replaces the one with its customer and invoice, if there is one. */
  readonly settled: readonly SettledRow[];
  /** Usage rows of this batch or an earlier one; the rows stay, with the time of their void. */
  readonly voids: readonly VoidedRow[];
  readonly snapshots: readonly TakenSnapshot[];
  readonly wakes: readonly WakeRow[];
  readonly deadLetters: readonly DeadLetter[];
  readonly ledger: LedgerEntries;
  /** How many invoice numbers each company needs. */
  readonly numbering: ReadonlyMap<string, number>;
  /** Called for each attempt with the first number given to each company, inside the transaction where there are any. */
  finish(firstNumbers: ReadonlyMap<string, number>): NumberedRows;
}

/** A coupon of which a batch wanted more redemptions than are left. */
export interface ExhaustedCoupon {
  readonly companyId: string;
  readonly couponId: string;
  readonly left: number;
}

export type CommitOutcome =
  | { readonly ok: true; readonly cursor: PartitionCursor; readonly refused: readonly RefusedChain[] }
  /** Another owner has the partition, or an earlier unknown outcome had succeeded. */
  | { readonly ok: false; readonly reason: "fenced" }
  /** These ids were known already: decide again knowing them. */
  | { readonly ok: false; readonly reason: "known_identities"; readonly identities: readonly IdentityRow[] }
  | { readonly ok: false; readonly reason: "claims_taken"; readonly claims: readonly Claim[] }
  | { readonly ok: false; readonly reason: "coupons_exhausted"; readonly coupons: readonly ExhaustedCoupon[] }
  | { readonly ok: false; readonly reason: "answer_exists"; readonly keys: readonly string[] }
  /** SQLSTATE class 22 or 23: some row cannot be stored, however often it is tried. */
  | { readonly ok: false; readonly reason: "data"; readonly detail: string };

export interface StoredActor extends ActorKey {
  readonly snapshot: SnapshotRow | null;
  /** Facts after the snapshot, in order, usage rows among them. */
  readonly tail: readonly (
    | { readonly kind: "fact"; readonly fact: FactRow }
    | { readonly kind: "usage"; readonly usage: UsageRow }
  )[];
}

/** Usage of a subscription with `from <= occurredAt < to`, after an event where one is given. */
export interface UsagePlace extends ActorKey {
  readonly subscriptionId: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly after: { readonly occurredAt: Instant; readonly seq: number } | null;
}

/** The event log that positions in the store belong to. */
export interface LogClaim {
  readonly identity: string;
  readonly partitions: number;
}

/** The process that claimed a partition last. */
export interface PartitionOwner {
  readonly partition: number;
  readonly epoch: number;
  /** Where it is reached; null where it has no address. */
  readonly address: string | null;
  /** The next record of the log it applies. */
  readonly nextOffset: number;
}

/**
 * What a shard needs of the store. Every method throws BillingError DEP_001 when the store is away; after
 * that, a commit's outcome is unknown and `readCursor` tells it.
 */
export interface ShardStore {
  /** The log this store goes with: at first use the one given, ever after that one, whichever is given. */
  claimLog(log: LogClaim): Promise<LogClaim>;
  /**
   * Becomes the owner: bumps each partition's epoch (creating rows at first) and returns where it stands.
   * @param address where other processes reach this one; null where there are none
   */
  claimPartitions(partitions: readonly number[], address?: string | null): Promise<PartitionCursor[]>;
  /** Who owns what, as far as partitions have ever been claimed. */
  owners(): Promise<PartitionOwner[]>;
  readCursor(partition: number): Promise<PartitionCursor>;
  loadActors(keys: readonly ActorKey[]): Promise<StoredActor[]>;
  findIdentities(keys: readonly (ActorKey & { readonly digest: string })[]): Promise<IdentityRow[]>;
  /**
   * Settled invoices whose usage periods hold one of these instants or come after it, each once, earliest first: what
   * usage of that time belongs to and may carry over into.
   */
  loadSettled(
    places: readonly (ActorKey & { readonly subscriptionId: string; readonly at: Instant })[],
  ): Promise<SettledRow[]>;
  /**
   * The usage of a subscription with `from <= occurredAt < to` that is not voided, by `seq`.
   * Throws RES_002 where that is more than `limits.historyEventsMax` events.
   */
  usageHistory(key: ActorKey, subscriptionId: string, from: Instant, to: Instant): Promise<UsageRow[]>;
  /** For each place its usage that is not voided, by event time, then by number; up to `limit` events each. */
  usagePages(places: readonly UsagePlace[], limit: number): Promise<UsageRow[][]>;
  /** The identity with this digest and its usage row, which only one that is applied or voided has. */
  findUsage(
    key: ActorKey & { readonly digest: string },
  ): Promise<{ readonly identity: IdentityRow; readonly usage: UsageRow | null } | null>;
  /**
   * The customers of a partition with most of its newest usage, those with most first.
   * @param rows how much of that usage is looked at
   */
  busiest(partition: number, rows: number, limit: number): Promise<ActorKey[]>;
  commit(batch: CommitBatch): Promise<CommitOutcome>;
  /**
   * Wakes due at or before `until`, soonest first; `clockId` null means real time.
   * @param partitions only of these; null for all
   */
  dueWakes(
    clockId: string | null,
    until: Instant,
    limit: number,
    partitions?: readonly number[] | null,
  ): Promise<(ActorKey & { readonly at: Instant })[]>;
}
