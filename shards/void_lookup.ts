import type { VoidedUsage, VoidUsage } from "../actors/customer/commands.ts";
import { findPlaces } from "../actors/customer/places.ts";
import { type CustomerState, findSubscription } from "../actors/customer/state.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { IdentityRow, UsageRow } from "../src/ports/stored_rows.ts";
import { meteredOf } from "./metered_rows.ts";

/** What the store knows of an event that is to be voided. */
export interface FoundVoid {
  readonly identity: IdentityRow;
  readonly usage: VoidedUsage;
}

/**
 * Reads the event a command voids and the others in the periods it touches, whose meters are made anew from them.
 * Expects everything before the command to be committed, and the settled periods it touches to be attached.
 */
export async function lookUpVoid(
  store: ShardStore,
  state: CustomerState,
  command: VoidUsage,
): Promise<FoundVoid | null> {
  const { companyId, customerId } = state;
  const found = await store.findUsage({ companyId, customerId, digest: command.digest });
  if (found === null) return null;
  const { identity, usage: row } = found;
  if (row === null) return { identity, usage: { verdict: identity.verdict, usage: null, others: [] } };
  const span = touchedSpan(state, row);
  const rows =
    span === null
      ? []
      : await store.usageHistory({ companyId, customerId }, row.subscriptionId, span.start, span.end);
  const usage = { ...meteredOf(row), subscriptionId: row.subscriptionId };
  const others = rows.filter((other) => other.seq !== row.seq).map(meteredOf);
  return { identity, usage: { verdict: identity.verdict, usage, others } };
}

function touchedSpan(state: CustomerState, row: UsageRow): { start: number; end: number } | null {
  const subscription = findSubscription(state, row.subscriptionId);
  if (subscription === undefined) return null;
  const periods = findPlaces(subscription, row.occurredAt, row.seq).flatMap(({ period }) => period ?? []);
  const [first] = periods;
  if (first === undefined) return null;
  return {
    start: Math.min(...periods.map((p) => p.start)),
    end: Math.max(...periods.map((p) => p.end)),
  };
}
