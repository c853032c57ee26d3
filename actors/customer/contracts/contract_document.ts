import { formatMoney } from "../../../src/money/money.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import { type ContractState, commitmentPeriod } from "./contract.ts";

/** A contract in the shape of API.md §3, with its present term and what has been billed towards its commitment. */
export function contractDocument(customerId: string, contract: ContractState) {
  const { commitment, currency, term } = contract;
  const running = commitmentPeriod(contract);
  return {
    id: contract.id,
    customer_id: customerId,
    name: contract.name,
    currency,
    start: formatInstant(contract.start),
    end: term.end === null ? null : formatInstant(term.end),
    renewal: contract.renewal,
    commitment:
      commitment === null
        ? null
        : {
            amount: formatMoney(commitment.amount, currency),
            period: commitment.period,
            billed: formatMoney(contract.billed, currency),
            period_start: running === null ? null : formatInstant(running.start),
            period_end: running === null ? null : formatInstant(running.end),
          },
    overrides: contract.overrides,
    documents: contract.documents,
    term_start: formatInstant(term.start),
    status: statusOf(contract),
    created_at: formatInstant(contract.createdAt),
    updated_at: formatInstant(contract.updatedAt),
  };
}

function statusOf({ ended, started }: ContractState): "scheduled" | "active" | "ended" {
  if (ended) return "ended";
  return started ? "active" : "scheduled";
}
