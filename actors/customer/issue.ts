import { formatInstant, type Instant } from "../../src/time/instant.ts";
import type { DecisionContext, UnprovenPeriod } from "../actor.ts";
import { assembleIssued } from "./assemble.ts";
import { appliedFact, grantedFact } from "./credits/credit_facts.ts";
import type { Fact } from "./facts.ts";
import type { ProvenLine } from "./proof.ts";
import type { CustomerState } from "./state.ts";
import type { DraftState, SubscriptionState } from "./subscription_state.ts";

const DAY_MS = 86_400_000;

/** The lines of a draft that differ from the stored events, as far as they have been compared; none where all agree. */
export function unprovenLines(
  subscription: SubscriptionState,
  draft: DraftState,
  { unproven = [] }: DecisionContext,
): ProvenLine[] {
  const isOf = (period: UnprovenPeriod): boolean =>
    period.subscriptionId === subscription.id &&
    draft.closes.some((c) => c.phase === period.phase && c.track === period.track && c.k === period.k);
  return unproven.filter(isOf).flatMap(({ lines }) => lines);
}

/** A draft whose turn has come: it is issued, or held where its usage differs from the stored events. */
export function dueFacts(
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  ctx: DecisionContext,
): Fact[] {
  const differing = unprovenLines(subscription, draft, ctx);
  if (differing.length === 0) return issueFacts(state, subscription, draft, ctx);
  return [
    {
      type: "invoice_held",
      at: ctx.now,
      subscription_id: subscription.id,
      invoice_id: draft.id,
      lines: differing.map(({ line_item_id, actor, events }) => ({ line_item_id, actor, events })),
    },
  ];
}

/**
 * Issues a draft: the invoice, the credit it gives and the credit it uses. The number is given by the commit, which
 * alone can keep a company's numbers without gaps.
 */
export function issueFacts(
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  ctx: DecisionContext,
): Fact[] {
  const { invoice, gives } = assembleIssued(state, subscription, draft, ctx.now);
  const dueAt: Instant = ctx.now + ctx.settings.payment_terms_days * DAY_MS;
  return [
    ...gives.map((grant) => grantedFact(grant, ctx.now, draft.id)),
    {
      type: "invoice_issued",
      at: ctx.now,
      subscription_id: subscription.id,
      settles_at: draft.at,
      invoice: {
        ...invoice,
        // Nothing to collect: an invoice over zero is paid the moment it is issued.
        status: /^0(\.0+)?$/.test(invoice.amount_due) ? "paid" : "issued",
        issued_at: formatInstant(ctx.now),
        due_at: formatInstant(dueAt),
      },
    },
    ...(invoice.credits ?? []).map(({ grant_id, amount }) =>
      appliedFact(grant_id, draft.id, amount, ctx.now),
    ),
  ];
}
