import { BillingError } from "../../../src/errors.ts";
import type { LineItem } from "../../../src/invoicing/invoice.ts";
import { accountOf, type LedgerBook, referenceOf } from "../../../src/ledger/account.ts";
import { amountOfUnits, unitsOf } from "../../../src/ledger/units.ts";
import { limits } from "../../../src/limits.ts";
import { add, decimal, ZERO } from "../../../src/money/decimal.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import type { Services } from "../../services.ts";

/**
 * What the ledger has accrued, and what that is to be, in major units with all decimals of the ledger. Accruals are kept
 * by customer, not by line: of a draft it is all of the customer's unbilled usage in its currency, of an issued invoice
 * what its chain took from there.
 */
export type LedgerLeg =
  | { readonly scope: "customer" | "invoice"; readonly amount: string; readonly expected: string }
  | "unavailable";

/** The part of an invoice that its proof in the ledger is about. */
export interface InLedger {
  readonly id: string;
  readonly isDraft: boolean;
  readonly currency: string;
  readonly items: readonly LineItem[];
  /** In units of the ledger: what the actor's open charges come to. */
  readonly accrued: bigint;
}

/** The ledger's leg of a proof; `unavailable` where the ledger is away or has yet to hear of it. */
export async function ledgerLeg(services: Services, key: ActorKey, invoice: InLedger): Promise<LedgerLeg> {
  try {
    const books = await services.ledgerDirectory.ledgers(key.companyId);
    const book = books.find(({ currency, kind }) => currency === invoice.currency && kind === "money");
    if (book === undefined) return "unavailable";
    return invoice.isDraft
      ? await unbilledNow(services, key, book, invoice)
      : await billed(services, key, book, invoice);
  } catch (error) {
    if (error instanceof BillingError && error.code === "DEP_001") return "unavailable";
    throw error;
  }
}

/** True unless the leg says something else than it should. */
export function legAgrees(leg: LedgerLeg): boolean {
  return leg === "unavailable" || leg.amount === leg.expected;
}

async function unbilledNow(
  services: Services,
  { companyId, customerId }: ActorKey,
  book: LedgerBook,
  { accrued }: InLedger,
): Promise<LedgerLeg> {
  const { id } = accountOf(book, "unbilled", customerId, customerId);
  const balance = (await services.ledger.balances(companyId, [id])).get(id);
  const units = balance === undefined ? 0n : balance.debitsPosted - balance.creditsPosted;
  // Postings that are on their way would make it differ for a moment.
  if (units !== accrued && services.ledgerPublisher !== null) return "unavailable";
  const { scale } = book;
  return { scope: "customer", amount: amountOfUnits(units, scale), expected: amountOfUnits(accrued, scale) };
}

/** An invoice's chain takes its usage, as it was rounded, from the unbilled receivable to the receivable. */
async function billed(
  services: Services,
  { companyId, customerId }: ActorKey,
  book: LedgerBook,
  { id, items }: InLedger,
): Promise<LedgerLeg> {
  const [unbilled, receivable] = (["unbilled", "receivable"] as const).map(
    (name) => accountOf(book, name, customerId, customerId).id,
  );
  const posted = await services.ledger.transfers(companyId, {
    ledgers: [book.number],
    reference: referenceOf(companyId, id),
    before: null,
    limit: limits.ledgerAccountsPerQueryMax,
  });
  if (posted.length === 0) return "unavailable";
  let units = 0n;
  for (const { debit, credit, amount } of posted) {
    if (debit === receivable && credit === unbilled) units += amount;
    if (debit === unbilled && credit === receivable) units -= amount;
  }
  const { scale } = book;
  const expected = items.filter(isAccrued).reduce((sum, { amount }) => add(sum, decimal(amount)), ZERO);
  return {
    scope: "invoice",
    amount: amountOfUnits(units, scale),
    expected: amountOfUnits(unitsOf(expected, scale), scale),
  };
}

/** Usage, its adjustments, and what a contract's commitment was short of, which waited for the invoice. */
function isAccrued({ type, contract_id }: LineItem): boolean {
  return type === "usage" || type === "adjustment" || contract_id !== undefined;
}
