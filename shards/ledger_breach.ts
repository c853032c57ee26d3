import { type LedgerBook, ledgerScale } from "../src/ledger/account.ts";
import { amountOfUnits } from "../src/ledger/units.ts";

/** An identity of DESIGN §6 that does not hold; amounts in major units with all decimals of the ledger. */
export interface Breach {
  readonly companyId: string;
  readonly identity: "debits = credits" | "receivable" | "unbilled" | "deferred" | "credit" | "budget";
  /** The ledger's number where all of it is meant, else the owner of the account. */
  readonly subject: string;
  readonly currency: string;
  readonly expected: string;
  readonly found: string;
}

/** What differs, in the ledger's smallest units, as a breach; none where nothing does. */
export function compared(
  { companyId, currency }: Pick<LedgerBook, "companyId" | "currency">,
  identity: Breach["identity"],
  subject: string,
  expected: bigint,
  found: bigint,
): Breach[] {
  if (expected === found) return [];
  const scale = ledgerScale(currency);
  const [shouldBe, is] = [amountOfUnits(expected, scale), amountOfUnits(found, scale)];
  return [{ companyId, identity, subject, currency, expected: shouldBe, found: is }];
}

/** A breach as one line for an operator. */
export function breachLine({ companyId, identity, subject, currency, expected, found }: Breach): string {
  return `ledger of ${companyId}: ${identity} of ${subject} should be ${expected} ${currency} and is ${found}`;
}
