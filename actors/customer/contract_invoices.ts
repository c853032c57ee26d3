import { derivedId } from "../../src/ids.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { compare, decimal, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { formatInstant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import { countInvoiced, invoicedBy } from "./contracts/billed.ts";
import type { ContractFact } from "./contracts/contract_facts.ts";
import { contractDueFacts, nextContractDue } from "./contracts/due.ts";
import { draftedFact } from "./drafting.ts";
import type { Fact } from "./facts.ts";
import type { CustomerState } from "./state.ts";
import type { PendingLine } from "./subscription_state.ts";

/** What is due of a customer's contracts; what is missing to a commitment is invoiced at once. */
export function contractFacts(state: CustomerState, ctx: DecisionContext): Fact[] {
  const due = nextContractDue(state);
  if (due === null || due.at > ctx.now) return [];
  return contractDueFacts(due, ctx.now).flatMap((fact) => [fact, ...invoiced(state, fact, ctx)]);
}

/** Counts an issued invoice towards the commitments of contracts in its currency. */
export function addToContracts(state: CustomerState, invoice: Invoice): void {
  for (const contract of state.contracts)
    if (contract.currency === invoice.currency) countInvoiced(contract, invoicedBy(invoice));
}

/** A true-up goes on an invoice of its own, beside a subscription in the contract's currency. */
function invoiced(state: CustomerState, fact: ContractFact, ctx: DecisionContext): Fact[] {
  if (fact.type !== "contract_trued_up" || compare(decimal(fact.amount), ZERO) === 0) return [];
  const contract = state.contracts.find((c) => c.id === fact.contract_id);
  const subscription = state.subscriptions.findLast((s) => s.currency === contract?.currency);
  if (contract === undefined || subscription === undefined) return [];
  const line: PendingLine = {
    item: {
      id: derivedId("li", fact.period_end, contract.id, String(fact.period_start)),
      type: "minimum",
      price_id: null,
      contract_id: contract.id,
      description: `${contract.name}: minimum commitment`,
      quantity: "1",
      unit_amount: null,
      amount: formatMoney(decimal(fact.amount), contract.currency),
      period_start: formatInstant(fact.period_start),
      period_end: formatInstant(fact.period_end),
    },
    productId: null,
  };
  return [
    { type: "line_pending", at: ctx.now, subscription_id: subscription.id, line },
    draftedFact(subscription, fact.period_end, [], [], ctx),
  ];
}
