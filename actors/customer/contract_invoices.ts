import { derivedId } from "../../src/ids.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { add, compare, decimal, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { formatInstant, parseInstant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import { commitmentPeriod } from "./contracts/contract.ts";
import type { ContractFact } from "./contracts/contract_facts.ts";
import { contractDueFacts, nextContractDue } from "./contracts/due.ts";
import { draftedFact } from "./drafting.ts";
import type { Fact } from "./facts.ts";
import { netOf } from "./settled.ts";
import type { CustomerState } from "./state.ts";
import type { PendingLine } from "./subscription_state.ts";

/** What is due of a customer's contracts; what is missing to a commitment is invoiced at once. */
export function contractFacts(state: CustomerState, ctx: DecisionContext): Fact[] {
  const due = nextContractDue(state);
  if (due === null || due.at > ctx.now) return [];
  return contractDueFacts(due, ctx.now).flatMap((fact) => [fact, ...invoiced(state, fact, ctx)]);
}

/** Counts an issued invoice's lines towards the commitments that run when they begin. */
export function addToContracts(state: CustomerState, invoice: Invoice): void {
  for (const contract of state.contracts) {
    const period = contract.currency === invoice.currency ? commitmentPeriod(contract) : null;
    if (period === null) continue;
    for (const item of invoice.line_items) {
      const start = parseInstant(item.period_start) ?? 0;
      const isOwn = item.contract_id !== undefined || start < contract.committedFrom || start >= period.end;
      if (!isOwn) contract.billed = add(contract.billed, netOf(item));
    }
  }
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
