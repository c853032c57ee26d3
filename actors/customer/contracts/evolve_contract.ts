import { assert, assertNever } from "../../../src/errors.ts";
import { decimal, ZERO } from "../../../src/money/decimal.ts";
import type { ContractState } from "./contract.ts";
import type { ContractFact } from "./contract_facts.ts";

/** Applies what happens to a customer's contracts. */
export function evolveContract(holder: { contracts: ContractState[] }, fact: ContractFact): void {
  if (fact.type === "contract_created") {
    holder.contracts = [...holder.contracts, created(fact)];
    return;
  }
  const contract = holder.contracts.find((c) => c.id === fact.contract_id);
  assert(contract !== undefined, "a fact names a contract of its customer");
  contract.updatedAt = fact.at;
  switch (fact.type) {
    case "contract_updated":
      contract.name = fact.name ?? contract.name;
      contract.renewal = fact.renewal ?? contract.renewal;
      contract.documents = fact.documents ?? contract.documents;
      if (fact.end !== undefined) contract.term = { ...contract.term, end: fact.end };
      return;
    case "contract_terminated":
      contract.term = { ...contract.term, end: fact.ends_at };
      contract.renewal = "none";
      return;
    case "contract_renewed":
      contract.term = { start: fact.start, end: fact.end };
      contract.committedFrom = fact.start;
      return;
    case "contract_ended":
      contract.ended = true;
      return;
    case "contract_trued_up":
      contract.committedFrom = fact.period_end;
      contract.billed = ZERO;
      return;
    default:
      assertNever(fact);
  }
}

function created(fact: Extract<ContractFact, { type: "contract_created" }>): ContractState {
  const { commitment } = fact;
  return {
    id: fact.contract_id,
    name: fact.name,
    currency: fact.currency,
    timezone: fact.timezone,
    start: fact.start,
    term: { start: fact.start, end: fact.end },
    renewal: fact.renewal,
    commitment: commitment === null ? null : { ...commitment, amount: decimal(commitment.amount) },
    overrides: fact.overrides,
    documents: fact.documents,
    createdAt: fact.at,
    updatedAt: fact.at,
    committedFrom: fact.start,
    billed: ZERO,
    ended: false,
  };
}
