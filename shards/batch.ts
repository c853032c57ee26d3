import type { Fact } from "../actors/customer/facts.ts";
import { nextWake } from "../actors/customer/next_wake.ts";
import { encodeSettled, settledBounds } from "../actors/customer/settled.ts";
import { encodeSnapshot, SNAPSHOT_VERSION } from "../actors/customer/snapshot.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import type { CompanySettings } from "../src/invoicing/settings.ts";
import { limits } from "../src/limits.ts";
import type { CommitBatch } from "../src/ports/shard_store.ts";
import type {
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
  StoredAnswer,
  TakenSnapshot,
  UsageRow,
  VoidedRow,
  WakeRow,
} from "../src/ports/stored_rows.ts";
import { BatchLedger } from "./batch_ledger.ts";
import { actorName, type LiveActor, type Wake } from "./directory.ts";
import { type Dirty, isShown, markDirty, newDirty, renderDocuments } from "./documents.ts";
import { InvoiceNumbers } from "./invoice_numbers.ts";
import type { Ledgers } from "./ledgers.ts";

interface Touched {
  readonly actor: LiveActor;
  readonly settings: CompanySettings;
  /** Which documents are stale; null where none can be. */
  dirty: Dirty | null;
  /** When it is to be woken from now on; worked out once all is decided. */
  wake: Wake | undefined;
}

type NumberedFact = { readonly seq: number; readonly fact: Fact; readonly state: CustomerState };

/** What a batch has decided so far, as the rows of the one transaction that will make it durable. */
export class Batch {
  readonly usage: UsageRow[] = [];
  readonly identities = new Map<string, { row: IdentityRow; isNew: boolean }>();
  readonly orphans: OrphanRow[] = [];
  readonly recoveredOrphans: RecoveredOrphan[] = [];
  readonly claims: Claim[] = [];
  readonly redemptions: Redemption[] = [];
  readonly voids: VoidedRow[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly answers: (() => StoredAnswer | null)[] = [];
  readonly ledger = new BatchLedger();
  readonly #facts: NumberedFact[] = [];
  readonly #touched = new Map<string, Touched>();

  /** Adds the facts of one command, already evolved into the actor's state. */
  add(actor: LiveActor, facts: readonly Fact[], settings: CompanySettings, receivedAt: number): void {
    if (facts.length === 0) return;
    const { state } = actor;
    const name = actorName(state);
    let touched = this.#touched.get(name);
    if (touched === undefined) {
      touched = { actor, settings, dirty: null, wake: undefined };
      this.#touched.set(name, touched);
    }
    let seq = state.seq - facts.length;
    for (const fact of facts) {
      seq++;
      if (fact.type === "usage_recorded") this.usage.push(usageRow(state, fact, seq, receivedAt));
      else this.#facts.push({ seq, fact, state });
      this.#claim(state, fact);
      this.#redeem(state, fact);
      if (fact.type === "usage_voided") this.#void(actor, fact);
      if (!isShown(fact, state)) continue;
      touched.dirty ??= newDirty();
      markDirty(touched.dirty, state, fact, seq);
    }
    this.ledger.add(actor, facts);
    actor.unsnapshotted += facts.length;
  }

  /** A void cannot be replayed from its fact alone: the snapshot taken with it holds what it left. */
  #void(actor: LiveActor, fact: Extract<Fact, { type: "usage_voided" }>): void {
    const { companyId, customerId } = actor.state;
    const { usage_seq: seq, occurred_at: occurredAt, at } = fact;
    this.voids.push({ companyId, customerId, seq, occurredAt, at });
    actor.unsnapshotted = limits.snapshotEveryFacts;
  }

  /** Remembers the verdict on an id; a later one in the same batch replaces it. */
  judge(row: IdentityRow, known: boolean): void {
    const earlier = this.identities.get(row.digest);
    this.identities.set(row.digest, { row, isNew: earlier?.isNew ?? !known });
  }

  /** True when nothing in it needs a commit. */
  get isEmpty(): boolean {
    return (
      this.#touched.size === 0 &&
      this.identities.size === 0 &&
      this.orphans.length === 0 &&
      this.recoveredOrphans.length === 0 &&
      this.deadLetters.length === 0 &&
      this.answers.length === 0
    );
  }

  get touchedActors(): LiveActor[] {
    return [...this.#touched.values()].map((t) => t.actor);
  }

  /** The transaction of this batch, moving the partition to the given position of the log. */
  toCommit(cursor: PartitionCursor, nextOffset: number, nextIndex: number, ledgers: Ledgers): CommitBatch {
    const identities = [...this.identities.values()];
    const numbers = this.#numbers();
    const facts = this.#facts.map(factRow);
    const documents = this.#documents();
    return {
      cursor,
      nextOffset,
      nextIndex,
      usage: this.usage,
      newIdentities: identities.filter((i) => i.isNew).map((i) => i.row),
      changedIdentities: identities.filter((i) => !i.isNew).map((i) => i.row),
      orphans: this.orphans,
      recoveredOrphans: this.recoveredOrphans,
      claims: this.claims,
      releasedClaims: [],
      redemptions: this.redemptions,
      settled: this.#settled(),
      voids: this.voids,
      snapshots: this.#snapshots(),
      wakes: this.#wakes(),
      deadLetters: this.deadLetters,
      ledger: this.ledger.entries(ledgers),
      numbering: numbers.needed,
      finish: (firstNumbers) => {
        numbers.give(firstNumbers);
        return {
          facts: numbers.writeIn(facts),
          documents: numbers.writeIn(documents),
          answers: this.answers.map((answer) => answer()).filter((answer) => answer !== null),
        };
      },
    };
  }

  /** After the commit: snapshots taken are what recovery starts from, and settled invoices are the store's. */
  committed(): void {
    this.ledger.committed();
    for (const { actor, wake } of this.#touched.values()) {
      if (actor.unsnapshotted >= limits.snapshotEveryFacts) actor.unsnapshotted = 0;
      actor.wake = wake;
      for (const subscription of actor.state.subscriptions) {
        if (subscription.settled.length > 0) subscription.settled = [];
        if (subscription.lookedUp.length > 0) subscription.lookedUp = [];
      }
    }
  }

  #settled(): SettledRow[] {
    return [...this.#touched.values()].flatMap(({ actor: { state } }) =>
      state.subscriptions.flatMap(({ id: subscriptionId, settled }) =>
        settled
          .filter((invoice) => invoice.state !== "stored" && invoice.periods.length > 0)
          .map((invoice) => ({
            companyId: state.companyId,
            customerId: state.customerId,
            invoiceId: invoice.draft.id,
            subscriptionId,
            ...settledBounds(invoice),
            body: encodeSettled(invoice),
          })),
      ),
    );
  }

  #snapshots(): TakenSnapshot[] {
    const rows: TakenSnapshot[] = [];
    for (const { actor } of this.#touched.values()) {
      if (actor.unsnapshotted < limits.snapshotEveryFacts) continue;
      const { companyId, customerId, seq, now: at } = actor.state;
      const body = encodeSnapshot(actor.state);
      actor.snapshotCharacters = body.length;
      rows.push({ companyId, customerId, seq, at, version: SNAPSHOT_VERSION, body });
    }
    return rows;
  }

  /** When customers are to be woken, where that is not what the store has: usage changes it for few. */
  #wakes(): WakeRow[] {
    const rows: WakeRow[] = [];
    for (const touched of this.#touched.values()) {
      const { state, wake: known } = touched.actor;
      const wake = { clockId: state.profile?.test_clock_id ?? null, nextWake: nextWake(state) };
      touched.wake = wake;
      if (known?.nextWake === wake.nextWake && known.clockId === wake.clockId) continue;
      rows.push({ companyId: state.companyId, customerId: state.customerId, ...wake });
    }
    return rows;
  }

  #claim(state: CustomerState, fact: Fact): void {
    const { companyId, customerId } = state;
    if (fact.type === "customer_created" || fact.type === "customer_updated") {
      const { external_id: value } = fact.customer;
      if (value !== undefined) this.claims.push({ companyId, kind: "customer", value, id: customerId });
    } else if (fact.type === "subscription_started" && fact.external_id !== null) {
      this.claims.push({
        companyId,
        kind: "subscription",
        value: fact.external_id,
        id: fact.subscription_id,
      });
    }
  }

  #redeem(state: CustomerState, fact: Fact): void {
    if (fact.type !== "subscription_started") return;
    const { companyId, customerId } = state;
    const { subscription_id: subscriptionId, at } = fact;
    const subscription = state.subscriptions.find((s) => s.id === subscriptionId);
    for (const { coupon } of subscription?.coupons ?? []) {
      const max = coupon.maxRedemptions;
      this.redemptions.push({ companyId, couponId: coupon.id, subscriptionId, customerId, max, at });
    }
  }

  #numbers(): InvoiceNumbers {
    return new InvoiceNumbers(
      this.#facts.flatMap(({ fact, state }) => {
        if (fact.type !== "invoice_issued") return [];
        const prefix = this.#touched.get(actorName(state))?.settings.invoice_prefix ?? "INV";
        return [{ companyId: state.companyId, prefix, at: fact.at, invoice: fact.invoice }];
      }),
    );
  }

  #documents(): DocumentRow[] {
    return [...this.#touched.values()].flatMap(({ actor, dirty }) =>
      dirty === null ? [] : renderDocuments(actor.state, dirty),
    );
  }
}

function factRow({ seq, fact, state }: NumberedFact): FactRow {
  const { companyId, customerId } = state;
  const stored = fact.type === "usage_voided" ? { ...fact, rebuilt: undefined } : fact;
  return { companyId, customerId, seq, type: fact.type, at: fact.at, body: JSON.stringify(stored) };
}

function usageRow(
  state: CustomerState,
  fact: Extract<Fact, { type: "usage_recorded" }>,
  seq: number,
  receivedAt: number,
): UsageRow {
  return {
    companyId: state.companyId,
    customerId: state.customerId,
    seq,
    eventId: fact.event_id,
    source: fact.source,
    eventType: fact.event_type,
    subscriptionId: fact.subscription_id,
    occurredAt: fact.occurred_at,
    receivedAt,
    recordedAt: fact.at,
    properties: JSON.stringify(fact.properties),
    charge: fact.charge,
    currency: fact.currency,
    whileSuspended: fact.while_suspended,
  };
}
