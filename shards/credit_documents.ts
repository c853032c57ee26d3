import { contractDocument } from "../actors/customer/contracts/contract_document.ts";
import type { BalanceFact, CreditFact } from "../actors/customer/credits/credit_facts.ts";
import { grantDocument } from "../actors/customer/credits/grant_document.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { assert } from "../src/errors.ts";
import { derivedId } from "../src/ids.ts";
import { add, type Decimal, decimal, neg, sub, ZERO } from "../src/money/decimal.ts";
import { formatMoney } from "../src/money/money.ts";
import type { DocumentRow } from "../src/ports/stored_rows.ts";
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
    ...entryRows(
      state,
      facts.flatMap(({ fact, seq }) => (fact.type === "credit_activated" ? [] : [{ fact, seq }])),
    ),
  ];
}

/** Contracts as they are. */
export function contractRows(state: CustomerState, ids: ReadonlySet<string>): DocumentRow[] {
  return state.contracts
    .filter((contract) => ids.has(contract.id))
    .map((contract) => {
      const body = contractDocument(state.customerId, contract);
      const times = { createdAt: contract.createdAt, updatedAt: contract.updatedAt };
      return { ...rowOf(state, "contracts", contract.id, body.status, body), ...times };
    });
}

/** The history of the balance: the state is that after the last of the facts, so the way leads back from there. */
function entryRows(
  state: CustomerState,
  facts: readonly { readonly fact: BalanceFact; readonly seq: number }[],
): DocumentRow[] {
  const balances = new Map<string, Decimal>();
  return facts.toReversed().map(({ fact, seq }) => {
    const grant = state.grants.find((g) => g.id === fact.grant_id);
    assert(grant !== undefined, "a grant stays in memory while its facts are made durable");
    const { currency } = grant;
    const amount = fact.type === "credit_granted" ? decimal(fact.amount) : neg(decimal(fact.amount));
    const balance = balances.get(currency) ?? balanceOf(state, currency);
    balances.set(currency, sub(balance, amount));
    const id = derivedId("entry", fact.at, state.customerId, String(seq));
    const body = {
      id,
      customer_id: state.customerId,
      grant_id: fact.grant_id,
      type: fact.type.slice("credit_".length),
      amount: formatMoney(amount, currency),
      currency,
      balance_after: formatMoney(balance, currency),
      ...("invoice_id" in fact ? { invoice_id: fact.invoice_id } : {}),
      ...("into" in fact ? { into_grant_id: fact.into } : {}),
      sequence: seq,
      created_at: formatInstant(fact.at),
    };
    const times = { createdAt: fact.at, updatedAt: fact.at };
    return { ...rowOf(state, "credit_entries", id, body.type, body), ...times };
  });
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
