import type { Grant } from "../../src/credits/grant.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { decimal, sub } from "../../src/money/decimal.ts";
import { addCommitted } from "./commitment.ts";
import type { AppliedCoupon } from "./state.ts";
import type { CommittedPeriod, DraftState, SubscriptionState } from "./subscription_state.ts";

/** What a draft finds when its turn to be issued comes. */
export interface Standing {
  readonly coupons: readonly AppliedCoupon[];
  readonly committed: readonly CommittedPeriod[];
  readonly grants: readonly Grant[];
}

/** The waiting drafts that are issued before this one, in their order; all of them for one that does not wait yet. */
export function draftsBefore(subscription: SubscriptionState, draft: DraftState): DraftState[] {
  const own = subscription.drafts.findIndex((each) => each.id === draft.id);
  const isBefore = (each: DraftState, index: number): boolean =>
    each.issueAt < draft.issueAt || (each.issueAt === draft.issueAt && index < own);
  return subscription.drafts
    .filter((each, index) => each.id !== draft.id && (own < 0 || isBefore(each, index)))
    .sort((a, b) => a.issueAt - b.issueAt);
}

/** What an invoice leaves to the one after it. */
export function standingAfter(
  subscription: SubscriptionState,
  standing: Standing,
  { invoice, gives }: { readonly invoice: Invoice; readonly gives: readonly Grant[] },
): Standing {
  const after = { ...subscription, committed: standing.committed.map((c) => ({ ...c })) };
  addCommitted(after, invoice);
  const isUsed = ({ coupon }: AppliedCoupon): boolean =>
    (invoice.discounts ?? []).some((used) => used.coupon_id === coupon.id);
  const paid = new Map((invoice.credits ?? []).map(({ grant_id, amount }) => [grant_id, decimal(amount)]));
  return {
    coupons: standing.coupons.map((c) => (isUsed(c) ? { ...c, used: c.used + 1 } : c)),
    committed: after.committed,
    grants: [...standing.grants, ...gives].map((grant) => {
      const amount = paid.get(grant.id);
      return amount === undefined ? grant : { ...grant, remaining: sub(grant.remaining, amount) };
    }),
  };
}
