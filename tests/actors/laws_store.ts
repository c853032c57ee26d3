import type { Command, VoidedUsage } from "../../actors/customer/commands.ts";
import { evolve } from "../../actors/customer/evolve.ts";
import type { Fact, UsageRecorded } from "../../actors/customer/facts.ts";
import { PeriodProof, type ProvenLine } from "../../actors/customer/proof.ts";
import { attachSettled, encodeSettled, settledBounds } from "../../actors/customer/settled.ts";
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from "../../actors/customer/snapshot.ts";
import { type CustomerState, newCustomerState } from "../../actors/customer/state.ts";
import { assert } from "../../src/errors.ts";
import { Customer } from "./customer.ts";

interface Kept {
  readonly subscriptionId: string;
  readonly start: number;
  readonly end: number;
  readonly body: string;
}

/** A customer beside a store, as in a shard: what is settled leaves memory and is looked up when it is needed. */
export class StoredCustomer extends Customer {
  readonly #settled = new Map<string, Kept>();
  readonly #voided = new Set<string>();

  override try(command: Command): ReturnType<Customer["try"]> {
    let outcome = super.try(command);
    // The customer is created before there is a store.
    if (!(#settled in this)) return outcome;
    while (outcome.kind === "needs") {
      const { subscriptionId, at } = outcome.needs;
      const found = [...this.#settled.values()].filter(
        (s) => s.subscriptionId === subscriptionId && at < s.end,
      );
      attachSettled(this.state, { subscriptionId, at, bodies: found.map((s) => s.body) }, this.catalog);
      outcome = super.try(command);
    }
    this.#store();
    return outcome;
  }

  override advance(to: string | number): void {
    super.advance(to);
    this.#store();
  }

  /** Takes an event back, with what the store knows of it and of the others. */
  voidUsage(eventId: string): ReturnType<Customer["try"]> {
    const recorded = this.facts.flatMap((fact, index) =>
      fact.type === "usage_recorded" ? [{ ...metered(fact, index + 1), id: fact.event_id, fact }] : [],
    );
    const own = recorded.find(({ id }) => id === eventId);
    const others = recorded.filter(({ id }) => id !== eventId && !this.#voided.has(id));
    const usage = own === undefined ? null : { ...own, subscriptionId: own.fact.subscription_id };
    const found: VoidedUsage = { verdict: "applied", usage, others };
    const outcome = this.try({ type: "void_usage", eventId, source: "", digest: eventId, found });
    if (outcome.kind === "facts") this.#voided.add(eventId);
    return outcome;
  }

  /** The customer as another owner would load it: from a snapshot, with the same store. */
  reload(): void {
    const read = decodeSnapshot(this.state, SNAPSHOT_VERSION, encodeSnapshot(this.state), this.catalog);
    assert(encodeSnapshot(read) === encodeSnapshot(this.state), "a snapshot read back is the same");
    Object.assign(this, { state: read });
  }

  /** The state that all facts so far lead to on their own. */
  replayed(): CustomerState {
    const state = newCustomerState(this.state.companyId, this.state.customerId);
    for (const fact of this.facts) evolve(state, stored(fact), this.catalog);
    // A refusal leaves no fact, but time has passed.
    return { ...state, now: this.state.now };
  }

  /** What proofs of all periods in memory say that differ from what the actor kept, by the facts stored so far. */
  unproven(): ProvenLine[] {
    const stored = this.facts.flatMap((fact, index) =>
      fact.type === "usage_recorded" && !this.#voided.has(fact.event_id) ? [{ fact, index }] : [],
    );
    return this.state.subscriptions.flatMap((subscription) =>
      subscription.periods.flatMap((period) => {
        const proof = new PeriodProof(subscription, period);
        const within = stored.filter(({ fact: { occurred_at: at } }) => proof.from <= at && at < proof.to);
        proof.take(within.map(({ fact, index }) => metered(fact, index + 1)));
        return proof.lines().filter((line) => !line.agrees);
      }),
    );
  }

  #store(): void {
    for (const subscription of this.state.subscriptions) {
      for (const settled of subscription.settled) {
        if (settled.state === "stored") continue;
        const kept = {
          subscriptionId: subscription.id,
          ...settledBounds(settled),
          body: encodeSettled(settled),
        };
        this.#settled.set(settled.draft.id, kept);
      }
      subscription.settled = [];
      subscription.lookedUp = [];
    }
  }
}

/** A fact as JSON would bring it back: without what is never stored. */
function stored(fact: Fact): Fact {
  const {
    touches: _touches,
    rebuilt: _rebuilt,
    ...kept
  } = fact as Fact & { touches?: unknown; rebuilt?: unknown };
  return kept as Fact;
}

function metered(fact: UsageRecorded, order: number) {
  const { event_type: eventType, properties, occurred_at: occurredAt, times } = fact;
  return { eventType, properties, occurredAt, order, times };
}
