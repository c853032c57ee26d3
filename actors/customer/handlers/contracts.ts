import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { formatDecimal } from "../../../src/money/decimal.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { ContractCommand } from "../contracts/contract_commands.ts";
import { contractDocument } from "../contracts/contract_document.ts";
import type { ContractFact } from "../contracts/contract_facts.ts";
import { type CustomerState, zoneOf } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

/** Makes, changes or ends a contract. Refuses RES_001 for an unknown one, RES_002 for one that has ended, VAL_001 for times that make no sense. */
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
  if (command.type === "terminate_contract") {
    const ends_at = command.at === "now" ? ctx.now : command.at;
    if (ends_at < Math.max(ctx.now, contract.term.start))
      return refuse(invalid("at", "must not lie in the past or before the term"));
    return told({ type: "contract_terminated", at: ctx.now, contract_id: contract.id, ends_at });
  }
  const { name, renewal, end, documents } = command;
  if (end !== undefined && end !== null && end <= Math.max(ctx.now, contract.term.start))
    return refuse(invalid("end", "must lie in the future"));
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

function createContract(
  state: CustomerState,
  command: Extract<ContractCommand, { type: "create_contract" }>,
  ctx: DecisionContext,
): Outcome {
  const { commitment, start, end } = command;
  const currency = command.currency ?? state.profile?.currency ?? "USD";
  if (!isCurrency(currency)) return refuse(invalid("currency", "is not an ISO 4217 currency"));
  if (end !== null && end <= start) return refuse(invalid("end", "must lie after start"));
  if (end === null && command.renewal === "auto")
    return refuse(invalid("renewal", "is for a contract with an end"));
  if (end === null && commitment?.period === "term")
    return refuse(invalid("commitment.period", "'term' is for a contract with an end"));
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
  });
}

function told(fact: ContractFact): Outcome {
  return accept([fact], (after) => {
    const contract = after.contracts.find((c) => c.id === fact.contract_id);
    return contract === undefined ? null : contractDocument(after.customerId, contract, fact.at);
  });
}
