import { compare, formatDecimal, sub, ZERO } from "../../../src/money/decimal.ts";
import { roundMoney } from "../../../src/money/money.ts";
import { mulRatio, ratio } from "../../../src/money/ratio.ts";
import { shareOf } from "../../../src/subscriptions/proration.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { type ContractState, commitmentPeriod, nextTerm } from "./contract.ts";
import type { ContractFact } from "./contract_facts.ts";

/** The next thing time does to a contract: a commitment period ends, then its term does. */
export interface ContractDue {
  readonly at: Instant;
  readonly kind: "commitment" | "term";
  readonly contract: ContractState;
}

/** The earliest of them over all contracts; null where time alone changes nothing. */
export function nextContractDue({
  contracts,
}: {
  readonly contracts: readonly ContractState[];
}): ContractDue | null {
  let next: ContractDue | null = null;
  for (const contract of contracts) {
    if (contract.ended) continue;
    const { end } = contract.term;
    const period = commitmentPeriod(contract);
    const isRunning = period !== null && (end === null || contract.committedFrom < end);
    if (isRunning && (next === null || period.end < next.at))
      next = { at: period.end, kind: "commitment", contract };
    else if (!isRunning && end !== null && (next === null || end < next.at))
      next = { at: end, kind: "term", contract };
  }
  return next;
}

/** The facts of what is due: what is missing to a commitment, or a new term, or the end. */
export function contractDueFacts({ kind, contract }: ContractDue, now: Instant): ContractFact[] {
  const contract_id = contract.id;
  if (kind === "commitment") return trueUp(contract, now);
  const term = contract.renewal === "auto" ? nextTerm(contract) : null;
  if (term === null) return [{ type: "contract_ended", at: now, contract_id }];
  return [{ type: "contract_renewed", at: now, contract_id, start: term.start, end: term.end }];
}

/** A commitment period that is cut short by the end of the term commits for its part, by the second. */
function trueUp(contract: ContractState, now: Instant): ContractFact[] {
  const period = commitmentPeriod(contract);
  if (contract.commitment === null || period === null) return [];
  const share = shareOf(period, period.whole, "second", contract.timezone);
  const committed = roundMoney(mulRatio(ratio(contract.commitment.amount), share), contract.currency);
  const missing = sub(committed, contract.billed);
  return [
    {
      type: "contract_trued_up",
      at: now,
      contract_id: contract.id,
      period_start: period.start,
      period_end: period.end,
      committed: formatDecimal(committed),
      billed: formatDecimal(contract.billed),
      amount: formatDecimal(compare(missing, ZERO) > 0 ? missing : ZERO),
    },
  ];
}
