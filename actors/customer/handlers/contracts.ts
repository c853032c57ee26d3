import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { compare, formatDecimal } from "../../../src/money/decimal.ts";
import { roundMoney } from "../../../src/money/money.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { ContractState } from "../contracts/contract.ts";
import type { ContractCommand } from "../contracts/contract_commands.ts";
import { contractDocument } from "../contracts/contract_document.ts";
import type { ContractFact } from "../contracts/contract_facts.ts";
import { type CustomerState, zoneOf } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

// Each is looked at for every invoice and every period that opens.
const contractsMax = 100;

/**
 * Makes, changes or ends a contract.
 *
 * Refuses RES_001 for an unknown one, RES_002 for one that has ended and for one too many, VAL_001 for times that make
 * no sense and a commitment finer than its currency.
 */
export function changeContract(
  state: CustomerState,
  command: ContractCommand,
  ctx: DecisionContext,
): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  if (command.type === "create_contract") return createContract(state, command, ctx);
  const contract = state.contracts.find((c) => c.id === command.contractId);
  if (contract === undefined) return refuse(new BillingError("RES_001", "No such contract"));
  if (contract.ended) return refuse(new BillingError("RES_002", "The contract has ended"));
  return command.type === "terminate_contract"
    ? terminateContract(contract, command.at, ctx)
    : updateContract(contract, command, ctx);
}

function createContract(
  state: CustomerState,
  command: Extract<ContractCommand, { type: "create_contract" }>,
  ctx: DecisionContext,
): Outcome {
  const { commitment, start, end, invoiced = [] } = command;
  const currency = command.currency ?? state.profile?.currency ?? "USD";
  if (!isCurrency(currency)) return refuse(invalid("currency", "is no active ISO 4217 currency"));
  if (end !== null && end <= start) return refuse(invalid("end", "must lie after start"));
  const fault = endFault(end, command.renewal, commitment);
  if (fault !== null) return refuse(fault);
  if (commitment !== null && compare(roundMoney(commitment.amount, currency), commitment.amount) !== 0)
    return refuse(invalid("commitment.amount", `has more decimals than ${currency}`));
  if (state.contracts.filter((contract) => !contract.ended).length >= contractsMax)
    return refuse(
      new BillingError("RES_002", `The customer has ${contractsMax} contracts that have not ended`),
    );
  const before = invoiced.map(({ start, amount }) => ({ start, amount: formatDecimal(amount) }));
  return told({
    type: "contract_created",
    at: ctx.now,
    contract_id: command.id,
    name: command.name,
    currency,
    timezone: zoneOf(state),
    start,
    end,
    renewal: command.renewal,
    commitment:
      commitment === null ? null : { amount: formatDecimal(commitment.amount), period: commitment.period },
    overrides: [...command.overrides],
    documents: [...command.documents],
    ...(before.length === 0 ? {} : { invoiced: before }),
  });
}

function updateContract(
  contract: ContractState,
  { name, renewal, end, documents }: Extract<ContractCommand, { type: "update_contract" }>,
  ctx: DecisionContext,
): Outcome {
  const { term } = contract;
  if (term.end !== term.agreedEnd && (end !== undefined || renewal !== undefined))
    return refuse(new BillingError("RES_002", "The contract has been terminated"));
  if (end !== undefined && end !== null && end <= Math.max(ctx.now, term.start))
    return refuse(invalid("end", "must lie in the future, after the term's start"));
  const fault = endFault(
    end === undefined ? term.end : end,
    renewal ?? contract.renewal,
    contract.commitment,
  );
  if (fault !== null) return refuse(fault);
  return told({
    type: "contract_updated",
    at: ctx.now,
    contract_id: contract.id,
    ...(name === undefined ? {} : { name }),
    ...(renewal === undefined ? {} : { renewal }),
    ...(end === undefined ? {} : { end }),
    ...(documents === undefined ? {} : { documents: [...documents] }),
  });
}

/** One that has not begun ends before it does; no contract is made longer by being terminated. */
function terminateContract(contract: ContractState, at: "now" | number, ctx: DecisionContext): Outcome {
  const ends_at = at === "now" ? ctx.now : at;
  if (ends_at < ctx.now) return refuse(invalid("at", "must not lie in the past"));
  const { end } = contract.term;
  if (end !== null && ends_at > end) return refuse(invalid("at", "must not lie after the end of the term"));
  return told({ type: "contract_terminated", at: ctx.now, contract_id: contract.id, ends_at });
}

/** What needs an end: renewal, and a commitment for the term. */
function endFault(
  end: number | null,
  renewal: "none" | "auto",
  commitment: ContractState["commitment"],
): BillingError | null {
  if (end !== null) return null;
  if (renewal === "auto") return invalid("renewal", "is for a contract with an end");
  if (commitment?.period === "term")
    return invalid("commitment.period", "'term' is for a contract with an end");
  return null;
}

function told(fact: ContractFact): Outcome {
  return accept([fact], (after) => {
    const contract = after.contracts.find((c) => c.id === fact.contract_id);
    return contract === undefined ? null : contractDocument(after.customerId, contract);
  });
}
