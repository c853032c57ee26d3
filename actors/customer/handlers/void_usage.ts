import { BillingError } from "../../../src/errors.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { VoidUsage } from "../commands.ts";
import type { Fact } from "../facts.ts";
import { findPlaces, isSettledAfter } from "../places.ts";
import { rebuiltWithout } from "../rebuild.ts";
import { type CustomerState, findSubscription } from "../state.ts";

/**
 * Takes an event back, as if it had never been sent: an open period forgets it, an invoiced one is rated again and
 * the difference goes on the next invoice.
 *
 * Refuses RES_001 for an event that was never sent, RES_002 for one that does not count (any more) and one that
 * cannot be taken out of what carries over.
 */
export function voidUsage(state: CustomerState, command: VoidUsage, ctx: DecisionContext): Outcome {
  const { found } = command;
  if (found === undefined || found === null)
    return refuse(new BillingError("RES_001", "No such usage event"));
  if (found.verdict === "voided") return refuse(new BillingError("RES_002", "The event is voided already"));
  const { usage } = found;
  const subscription = usage === null ? undefined : findSubscription(state, usage.subscriptionId);
  if (usage === null || subscription === undefined)
    return refuse(new BillingError("RES_002", "The event was never counted"));
  const places = findPlaces(subscription, usage.occurredAt, usage.order);
  if (places.some((place) => place.isSettled && place.period === undefined)) {
    if (!subscription.lookedUp.includes(usage.occurredAt))
      return { kind: "needs", needs: { subscriptionId: subscription.id, at: usage.occurredAt } };
    return refuse(
      new BillingError("RES_002", "Its period was invoiced before invoices could be rated again"),
    );
  }
  if (
    !subscription.lookedUp.includes(usage.occurredAt) &&
    places.some((p) => isSettledAfter(subscription, p))
  )
    return { kind: "needs", needs: { subscriptionId: subscription.id, at: usage.occurredAt } };
  try {
    const voided: Fact = {
      type: "usage_voided",
      at: ctx.now,
      subscription_id: subscription.id,
      event_id: command.eventId,
      source: command.source,
      usage_seq: usage.order,
      occurred_at: usage.occurredAt,
      rebuilt: places.flatMap(({ period }) =>
        period === undefined ? [] : rebuiltWithout(subscription, period, usage, found.others),
      ),
    };
    return accept([voided], () => ({ event_id: command.eventId, status: "voided" }));
  } catch (error) {
    if (error instanceof BillingError) return refuse(error);
    throw error;
  }
}
