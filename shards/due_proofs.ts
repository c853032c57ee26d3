import type { UnprovenPeriod } from "../actors/actor.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import {
  type DraftState,
  effectiveEnd,
  type PeriodState,
  periodOf,
  type SubscriptionState,
} from "../actors/customer/subscription_state.ts";
import { limits } from "../src/limits.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Instant } from "../src/time/instant.ts";
import { actorName } from "./directory.ts";
import type { Item } from "./items.ts";
import { provePeriods } from "./proofs.ts";
import type { TurnDeps } from "./turn.ts";

/**
 * Compares what is about to be invoiced with the stored events; most customers have nothing due. Expects everything
 * before these items to be committed.
 * @returns by name of the actor the periods that differ
 */
export async function proveDue(
  items: readonly Item[],
  { store, companies, nowOf }: Pick<TurnDeps, "store" | "companies" | "nowOf">,
  stateOf: (key: ActorKey) => CustomerState,
): Promise<Map<string, UnprovenPeriod[]>> {
  const unproven = new Map<string, UnprovenPeriod[]>();
  const due = items.flatMap((item) => {
    if (item.kind === "event") return [];
    const { key, command } = item.queued;
    const state = stateOf(key);
    const now = Math.max(nowOf(state), state.now);
    const grace = companies.known(key.companyId)?.settings.invoice_grace_seconds ?? 0;
    const asked = command.type === "issue_invoice" ? command.invoiceId : null;
    return periodsDue(state, now, grace, asked).map((due) => ({ ...due, key: state, upTo: state.seq }));
  });
  for (let from = 0; from < due.length; from += limits.proofsAtOnce) {
    const some = due.slice(from, from + limits.proofsAtOnce);
    const proven = await provePeriods(store, some);
    for (const [index, { key, subscription, period }] of some.entries()) {
      const lines = (proven[index] ?? []).filter((line) => !line.agrees);
      if (lines.length === 0) continue;
      const { phase, track, k } = period;
      const name = actorName(key);
      const differing = { subscriptionId: subscription.id, phase, track, k, lines };
      unproven.set(name, [...(unproven.get(name) ?? []), differing]);
    }
  }
  return unproven;
}

/** The periods whose usage a customer may be invoiced for at this instant, or at the asking for one draft. */
function periodsDue(
  state: CustomerState,
  now: Instant,
  grace: number,
  invoiceId: string | null,
): { subscription: SubscriptionState; period: PeriodState }[] {
  const isDue = (draft: DraftState): boolean =>
    draft.id === invoiceId || (draft.issueAt <= now && draft.isHeld !== true);
  return state.subscriptions.flatMap((subscription) => {
    const drafted = subscription.drafts
      .filter(isDue)
      .flatMap(({ closes }) => closes.filter((close) => !close.recurringOnly))
      .flatMap((close) => periodOf(subscription, close) ?? []);
    // Without a grace the draft is made and issued in one step.
    const ending =
      grace > 0
        ? []
        : subscription.periods.filter((p) => p.draftId === null && effectiveEnd(subscription, p) <= now);
    return [...drafted, ...ending]
      .filter((period) => period.meters.byEventType.size > 0)
      .map((period) => ({ subscription, period }));
  });
}
