import { assert } from "../../../src/errors.ts";
import { compare, formatDecimal, sub, ZERO } from "../../../src/money/decimal.ts";
import { roundMoney } from "../../../src/money/money.ts";
import { mulRatio, ratio } from "../../../src/money/ratio.ts";
import { shareOf } from "../../../src/subscriptions/proration.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { CustomerState } from "../state.ts";
import { effectiveEnd, type PeriodState, phaseOf, type SubscriptionState } from "../subscription_state.ts";
import { type CommitmentPeriod, type ContractState, commitmentPeriod, nextTerm } from "./contract.ts";
import type { ContractFact } from "./contract_facts.ts";

/** The next thing time does to a contract: it begins, a commitment period is to be settled, or its term is over. */
export interface ContractDue {
  readonly at: Instant;
  readonly kind: "start" | "commitment" | "term";
  readonly contract: ContractState;
}

/** The earliest of them over all contracts; null where time alone changes nothing. */
export function nextContractDue(state: CustomerState): ContractDue | null {
  let next: ContractDue | null = null;
  const consider = (at: Instant | null, kind: ContractDue["kind"], contract: ContractState): void => {
    if (at !== null && (next === null || at < next.at)) next = { at, kind, contract };
  };
  for (const contract of state.contracts) {
    if (!contract.started && !contract.ended) consider(contract.start, "start", contract);
    const period = commitmentPeriod(contract);
    if (period !== null) consider(settledAt(state, contract, period), "commitment", contract);
    if (!contract.ended) consider(contract.term.end, "term", contract);
  }
  return next;
}

/** The facts of what is due: the start, what is missing to a commitment, a new term, or the end. */
export function contractDueFacts({ kind, contract }: ContractDue, now: Instant): ContractFact[] {
  const contract_id = contract.id;
  if (kind === "start") return [{ type: "contract_started", at: now, contract_id }];
  if (kind === "commitment") return [trueUp(contract, now)];
  const term = contract.renewal === "auto" ? nextTerm(contract) : null;
  if (term === null) return [{ type: "contract_ended", at: now, contract_id }];
  return [{ type: "contract_renewed", at: now, contract_id, ...term }];
}

/**
 * When a commitment period can be settled: at its end or, where something that begins in it will be invoiced after
 * that, then. Null while the customer has no subscription in the contract's currency: nothing could be invoiced.
 */
function settledAt(
  { subscriptions }: CustomerState,
  { currency }: ContractState,
  period: CommitmentPeriod,
): Instant | null {
  const own = subscriptions.filter((subscription) => subscription.currency === currency);
  if (own.length === 0) return null;
  let at = period.end;
  for (const subscription of own) {
    for (const open of subscription.periods) {
      if (open.start < period.start || open.start >= period.end) continue;
      at = Math.max(at, invoicedAt(subscription, open) ?? at);
    }
  }
  return at;
}

/** When what a period still owes is invoiced, as far as that is known; null where all of it was billed in advance. */
function invoicedAt(subscription: SubscriptionState, period: PeriodState): Instant | null {
  const draft = subscription.drafts.find(({ id }) => id === period.draftId);
  if (draft !== undefined) return draft.issueAt;
  const { tracks } = phaseOf(subscription, period.phase);
  const owes = (tracks[period.track]?.prices ?? []).some((index) => {
    const price = period.meters.prices[index];
    return price !== undefined && (price.metricId !== null || price.timing === "arrears");
  });
  return owes ? effectiveEnd(subscription, period) : null;
}

/** A commitment period that is cut short by the contract's end commits for its part, by the second. */
function trueUp(contract: ContractState, now: Instant): ContractFact {
  const { commitment, billed, currency, timezone } = contract;
  const period = commitmentPeriod(contract);
  assert(commitment !== null && period !== null, "a commitment is due where there is one");
  const share = shareOf(period, period.whole, "second", timezone);
  const committed = roundMoney(mulRatio(ratio(commitment.amount), share), currency);
  const missing = sub(committed, billed);
  return {
    type: "contract_trued_up",
    at: now,
    contract_id: contract.id,
    period_start: period.start,
    period_end: period.end,
    committed: formatDecimal(committed),
    billed: formatDecimal(billed),
    amount: formatDecimal(compare(missing, ZERO) > 0 ? missing : ZERO),
  };
}
