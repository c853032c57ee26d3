import type { Instant } from "../time/instant.ts";

/** Who an actor is. */
export interface ActorKey {
  readonly companyId: string;
  readonly customerId: string;
}

/** Where a partition stands: its owner's fence and the next event of the log to apply. */
export interface PartitionCursor {
  readonly partition: number;
  readonly epoch: number;
  readonly commitSeq: number;
  /** Offset of the next record of the event log, and the index of the next event within that record. */
  readonly nextOffset: number;
  readonly nextIndex: number;
}

/** A recorded fact as stored: `body` is JSON text, numbered per customer without gaps. */
export interface FactRow extends ActorKey {
  readonly seq: number;
  readonly type: string;
  readonly at: Instant;
  readonly body: string;
}

/** One applied usage event: the recorded fact of metering, in a table of its own. */
export interface UsageRow extends ActorKey {
  readonly seq: number;
  readonly eventId: string;
  readonly source: string;
  readonly eventType: string;
  readonly subscriptionId: string;
  readonly occurredAt: Instant;
  readonly receivedAt: Instant;
  /** The actor's now when it was applied: what replay goes by. */
  readonly recordedAt: Instant;
  /** JSON text of the event's properties. */
  readonly properties: string;
  /** Signed change of the cumulative charge, plain decimal, in `currency`. */
  readonly charge: string;
  readonly currency: string;
  readonly whileSuspended: boolean;
}

/** What became of an event; one that is voided counted once and counts no more. */
export type IdentityVerdict = "applied" | "refused" | "orphaned" | "voided";

/** An event's identity: the only judge of what is new. */
export interface IdentityRow extends ActorKey {
  /** 128 bits of (company, customer, source, event id), 32 hex digits. */
  readonly digest: string;
  /** 128 bits of what the client sent, 32 hex digits. */
  readonly fingerprint: string;
  readonly verdict: IdentityVerdict;
  /** The usage row of an event that is applied or voided, else 0. */
  readonly seq: number;
}

/** A usage row that counts no more: taken back at the actor's now. */
export interface VoidedRow extends ActorKey {
  readonly seq: number;
  /** The row's own: where it is kept. */
  readonly occurredAt: Instant;
  readonly at: Instant;
}

/** An issued invoice as it was rated: what late usage and voids re-rate. */
export interface SettledRow extends ActorKey {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  /** What its usage periods cover together; the end is not in it. */
  readonly start: Instant;
  readonly end: Instant;
  /** JSON text. */
  readonly body: string;
}

/** A document others read: the state of a resource as of its last commit. */
export interface DocumentRow {
  readonly table:
    | "customers"
    | "subscriptions"
    | "invoices"
    | "spend_limits"
    | "spend_alerts"
    | "credit_grants"
    | "credit_entries"
    | "contracts";
  readonly companyId: string;
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** JSON text in the wire shape of the API. */
  readonly body: string;
  /** True removes the document. */
  readonly removed?: boolean;
}

export interface OrphanRow {
  readonly companyId: string;
  readonly id: string;
  /** The customer as the event named it; canonical once known. */
  readonly customerRef: string;
  readonly reason: string;
  readonly state: "open" | "recovered" | "discarded";
  readonly receivedAt: Instant;
  readonly updatedAt: Instant;
  readonly eventType: string;
  /** JSON text of the event as it was sent. */
  readonly event: string;
  /** What ended it, who asked for that, and why; null while it is open, the last two also where it ended by itself. */
  readonly action: string | null;
  readonly by: string | null;
  readonly note: string | null;
}

/** The end of an orphan event that counts now, or goes on as the orphan of the customer it has found. */
export interface RecoveredOrphan {
  readonly companyId: string;
  readonly id: string;
  readonly action: string;
  readonly by: string | null;
  readonly at: Instant;
}

/** A name only one may hold, such as a customer's external id. */
export interface Claim {
  readonly companyId: string;
  readonly kind: string;
  readonly value: string;
  readonly id: string;
}

/** A coupon redeemed for a subscription; once there, doing it again counts no further. */
export interface Redemption extends ActorKey {
  readonly couponId: string;
  readonly subscriptionId: string;
  /** How many subscriptions of the company may redeem the coupon; null for any number. */
  readonly max: number | null;
  readonly at: Instant;
}

export interface StoredAnswer {
  readonly companyId: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
  readonly createdAt: Instant;
}

export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  readonly reason: string;
  readonly record: string;
  readonly at: Instant;
}

export interface SnapshotRow extends ActorKey {
  readonly seq: number;
  readonly version: number;
  readonly body: string;
}

/** A snapshot as it is taken. */
export interface TakenSnapshot extends SnapshotRow {
  /** The actor's now, which never goes back: no later fact is recorded before it. */
  readonly at: Instant;
}

/** When an actor must next be woken; `nextWake` null removes the row. */
export interface WakeRow extends ActorKey {
  readonly clockId: string | null;
  readonly nextWake: Instant | null;
}
