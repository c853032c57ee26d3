import { PeriodProof, type ProvenLine } from "../actors/customer/proof.ts";
import type { PeriodState, SubscriptionState } from "../actors/customer/subscription_state.ts";
import { limits } from "../src/limits.ts";
import type { UsagePlace } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { MeasuredUsage } from "../src/ports/usage_analytics.ts";
import { meteredOf } from "./metered_rows.ts";

/** A period whose usage is to be measured anew from the stored events. */
export interface ToProve {
  readonly key: ActorKey;
  readonly subscription: SubscriptionState;
  readonly period: PeriodState;
  /** The number of the actor's last fact: what was stored after it is not in its state. */
  readonly upTo: number;
}

/** Whatever keeps usage: the store, or analytics. */
export interface UsagePages {
  usagePages(places: readonly UsagePlace[], limit: number): Promise<readonly (readonly MeasuredUsage[])[]>;
}

/** Measures periods anew, reading them together page by page. One list of lines for each, in order. */
export async function provePeriods(store: UsagePages, asked: readonly ToProve[]): Promise<ProvenLine[][]> {
  const limit = limits.proofEventsPerPage;
  const proofs = asked.map(({ subscription, period }) => new PeriodProof(subscription, period));
  let open = asked.map(({ key: { companyId, customerId }, subscription: { id: subscriptionId } }, index) => {
    const { from = 0, to = 0 } = proofs[index] ?? {};
    const place: UsagePlace = { companyId, customerId, subscriptionId, from, to, after: null };
    return { index, place };
  });
  while (open.length > 0) {
    const pages = await store.usagePages(
      open.map(({ place }) => place),
      limit,
    );
    const next: typeof open = [];
    for (const [nth, { index, place }] of open.entries()) {
      const page = pages[nth] ?? [];
      const upTo = asked[index]?.upTo ?? 0;
      proofs[index]?.take(page.filter(({ seq }) => seq <= upTo).map(meteredOf));
      const last = page.at(-1);
      if (page.length >= limit && last !== undefined) next.push({ index, place: { ...place, after: last } });
      // A long page takes milliseconds; others have their turn in between.
      if (page.length >= limit) await new Promise((resolve) => setImmediate(resolve));
    }
    open = next;
  }
  return proofs.map((proof) => proof.lines());
}
