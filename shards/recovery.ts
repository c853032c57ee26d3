import { evolve } from "../actors/customer/evolve.ts";
import type { Fact } from "../actors/customer/facts.ts";
import { positionsOf } from "../actors/customer/ledger/positions.ts";
import { decodeSnapshot } from "../actors/customer/snapshot.ts";
import { type CustomerState, newCustomerState } from "../actors/customer/state.ts";
import type { Catalog } from "../src/catalog/catalog.ts";
import { assert } from "../src/errors.ts";
import { ONE } from "../src/money/decimal.ts";
import { readJson } from "../src/money/json.ts";
import type { StoredActor } from "../src/ports/shard_store.ts";
import type { UsageRow } from "../src/ports/stored_rows.ts";
import { type LiveActor, newLiveActor } from "./directory.ts";

/** Rebuilds an actor: its snapshot, then every recorded fact after it, in order. */
export function recover(stored: StoredActor, catalog: Catalog): LiveActor {
  const state = baseOf(stored, catalog);
  for (const entry of stored.tail) {
    const seq = entry.kind === "fact" ? entry.fact.seq : entry.usage.seq;
    assert(seq === state.seq + 1, `facts of ${stored.customerId} are numbered without gaps`);
    evolve(
      state,
      entry.kind === "fact" ? (JSON.parse(entry.fact.body) as Fact) : usageFact(entry.usage),
      catalog,
    );
  }
  // What was settled on the way has been stored with the facts that settled it.
  for (const subscription of state.subscriptions) subscription.settled = [];
  return {
    ...newLiveActor(stored),
    state,
    unsnapshotted: stored.tail.length,
    posted: positionsOf(state),
    ...(stored.snapshot === null ? {} : { snapshotCharacters: stored.snapshot.body.length }),
  };
}

function baseOf(stored: StoredActor, catalog: Catalog): CustomerState {
  const { snapshot } = stored;
  if (snapshot === null) return newCustomerState(stored.companyId, stored.customerId);
  return decodeSnapshot(stored, snapshot.version, snapshot.body, catalog);
}

function usageFact(row: UsageRow): Fact {
  return {
    type: "usage_recorded",
    at: row.recordedAt,
    event_id: row.eventId,
    source: row.source,
    event_type: row.eventType,
    subscription_id: row.subscriptionId,
    occurred_at: row.occurredAt,
    properties: readJson(row.properties) as Record<string, unknown>,
    times: ONE,
    charge: row.charge,
    currency: row.currency,
    while_suspended: row.whileSuspended,
  };
}
