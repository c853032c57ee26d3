import { PeriodProof, type ProvenLine } from "../actors/customer/proof.ts";
import type { PeriodState, SubscriptionState } from "../actors/customer/subscription_state.ts";
import { limits } from "../src/limits.ts";
import type { ActorKey, ShardStore, UsageRow } from "../src/ports/shard_store.ts";
import { meteredOf } from "./metered_rows.ts";

/**
 * Measures a period's usage anew from the stored events.
 * @param upTo the number of the actor's last fact: what was stored after it is not in its state
 */
export async function provePeriod(
  store: ShardStore,
  key: ActorKey,
  subscription: SubscriptionState,
  period: PeriodState,
  upTo: number,
): Promise<ProvenLine[]> {
  const proof = new PeriodProof(subscription, period);
  const limit = limits.proofEventsPerPage;
  let after: UsageRow | null = null;
  for (;;) {
    const page: UsageRow[] = await store.usagePage(key, subscription.id, proof, after, limit);
    proof.take(page.filter(({ seq }) => seq <= upTo).map(meteredOf));
    after = page.at(-1) ?? null;
    if (page.length < limit) return proof.lines();
  }
}
