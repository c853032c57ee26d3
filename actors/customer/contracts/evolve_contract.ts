import { assert, assertNever } from "../../../src/errors.ts";
import { decimal, ZERO } from "../../../src/money/decimal.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { countInvoiced, settlePeriod } from "./billed.ts";
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
      if (fact.end !== undefined) setTerm(contract, contract.term.start, fact.end);
      return;
    case "contract_started":
      contract.started = true;
      return;
    case "contract_terminated":
      contract.term = { ...contract.term, end: fact.ends_at };
      contract.renewal = "none";
      return;
    case "contract_renewed":
      if (contract.commitment?.period === "term" && contract.committedFrom < fact.start)
        contract.termsOver = [...contract.termsOver, { start: contract.term.start, end: fact.start }];
      contract.term = { start: fact.start, end: fact.end, agreedEnd: fact.end };
      return;
    case "contract_ended":
      contract.ended = true;
      return;
    case "contract_trued_up":
      settlePeriod(contract, fact.period_end);
      return;
    default:
      assertNever(fact);
  }
}

/** A new agreement on the term: those that follow are as long. */
function setTerm(contract: ContractState, start: Instant, end: Instant | null): void {
  contract.term = { start, end, agreedEnd: end };
  contract.repeats = end === null ? null : { start, end };
}

function created(fact: Extract<ContractFact, { type: "contract_created" }>): ContractState {
  const { commitment, start, end } = fact;
  const contract: ContractState = {
    id: fact.contract_id,
    name: fact.name,
    currency: fact.currency,
    timezone: fact.timezone,
    start,
    term: { start, end, agreedEnd: end },
    repeats: end === null ? null : { start, end },
    renewal: fact.renewal,
    commitment: commitment === null ? null : { ...commitment, amount: decimal(commitment.amount) },
    overrides: fact.overrides,
    documents: fact.documents,
    createdAt: fact.at,
    updatedAt: fact.at,
    committedFrom: start,
    billed: ZERO,
    ahead: [],
    termsOver: [],
    started: start <= fact.at,
    ended: false,
  };
  const before = fact.invoiced ?? [];
  countInvoiced(
    contract,
    before.map(({ start, amount }) => ({ start, amount: decimal(amount) })),
  );
  return contract;
}
