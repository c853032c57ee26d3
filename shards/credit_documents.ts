import { contractDocument } from "../actors/customer/contracts/contract_document.ts";
import type { CreditFact } from "../actors/customer/credits/credit_facts.ts";
import { grantDocument } from "../actors/customer/credits/grant_document.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { derivedId } from "../src/ids.ts";
import { add, type Decimal, decimal, neg, ZERO } from "../src/money/decimal.ts";
import { formatMoney } from "../src/money/money.ts";
import type { DocumentRow } from "../src/ports/shard_store.ts";
import { formatInstant } from "../src/time/instant.ts";

/** The documents of a customer's credit that facts have made stale: grants as they are, and an entry for each fact. */
export function creditRows(
  state: CustomerState,
  facts: readonly { readonly fact: CreditFact; readonly seq: number }[],
): DocumentRow[] {
  const touched = new Set(facts.map(({ fact }) => fact.grant_id));
  const grants = state.grants.filter((grant) => touched.has(grant.id));
  return [
    ...grants.map((grant): DocumentRow => {
      const body = grantDocument(state.customerId, grant, state.now);
      const times = { createdAt: grant.createdAt, updatedAt: state.now };
      return { ...rowOf(state, "credit_grants", grant.id, body.status, body), ...times };
    }),
    ...facts.map(({ fact, seq }) => entryRow(state, fact, seq)),
  ];
}

/** Contracts as they are. */
export function contractRows(state: CustomerState, ids: ReadonlySet<string>): DocumentRow[] {
  return state.contracts
    .filter((contract) => ids.has(contract.id))
    .map((contract) => {
      const body = contractDocument(state.customerId, contract, state.now);
      const times = { createdAt: contract.createdAt, updatedAt: contract.updatedAt };
      return { ...rowOf(state, "contracts", contract.id, body.status, body), ...times };
    });
}

/** One movement of the balance; the balance is that of its currency once everything of that moment has happened. */
function entryRow(state: CustomerState, fact: CreditFact, seq: number): DocumentRow {
  const grant = state.grants.find((g) => g.id === fact.grant_id);
  const currency = fact.type === "credit_granted" ? fact.currency : (grant?.currency ?? "USD");
  const amount = decimal(fact.amount);
  const id = derivedId("entry", fact.at, state.customerId, String(seq));
  const body = {
    id,
    customer_id: state.customerId,
    grant_id: fact.grant_id,
    type: fact.type.slice("credit_".length),
    amount: formatMoney(fact.type === "credit_granted" ? amount : neg(amount), currency),
    currency,
    balance_after: formatMoney(balanceOf(state, currency), currency),
    ...("invoice_id" in fact ? { invoice_id: fact.invoice_id } : {}),
    created_at: formatInstant(fact.at),
  };
  return {
    ...rowOf(state, "credit_entries", id, body.type, body),
    createdAt: fact.at,
    updatedAt: fact.at,
  };
}

function balanceOf(state: CustomerState, currency: string): Decimal {
  return state.grants
    .filter((grant) => grant.currency === currency)
    .reduce((sum, grant) => add(sum, grant.remaining), ZERO);
}

function rowOf(
  { companyId, customerId }: CustomerState,
  table: DocumentRow["table"],
  id: string,
  status: string,
  body: unknown,
) {
  return { table, companyId, id, customerId, status, body: JSON.stringify(body) };
}
