import { ledgerScale, referenceOf } from "../../../src/ledger/account.ts";
import { expiredPosting, grantedPosting, voidedPosting } from "../../../src/ledger/postings/credit.ts";
import { type IssuedInvoice, issuedPosting } from "../../../src/ledger/postings/invoice.ts";
import type { Occasion, Posting } from "../../../src/ledger/postings/posting.ts";
import { unitsOf } from "../../../src/ledger/units.ts";
import { decimal } from "../../../src/money/decimal.ts";
import type { CreditFact } from "../credits/credit_facts.ts";
import type { Fact, InvoiceIssued } from "../facts.ts";
import type { CustomerState } from "../state.ts";
import { type Issued, issuedOf } from "./issued.ts";
import type { Positions } from "./positions.ts";

/** Something that happened and is posted as a chain of its own, once the ledger it is on is known. */
export interface Occurrence {
  readonly currency: string;
  posting(book: Occasion["book"]): Posting | null;
  /** What the chain itself does to the customer's positions. */
  readonly moved: Positions;
}

const UNMOVED: Positions = new Map();

/**
 * The chains of one decision's facts: issued invoices with the credit they give and use, and other credit. What is due
 * for usage and limits has no chain here, it follows from how positions change.
 *
 * @param state after all the facts
 */
export function occurrencesOf(state: CustomerState, facts: readonly Fact[]): Occurrence[] {
  const found: Occurrence[] = [];
  for (const fact of facts) {
    if (fact.type === "invoice_issued") {
      const issued = issuedOf(state, facts, fact);
      if (issued !== null) found.push(issuedOccurrence(state, fact, issued));
    } else if (fact.type.startsWith("credit_")) {
      const occurrence = creditOccurrence(state, facts, fact as CreditFact);
      if (occurrence !== null) found.push(occurrence);
    }
  }
  return found;
}

function issuedOccurrence(state: CustomerState, fact: InvoiceIssued, { parts, moved }: Issued): Occurrence {
  const { currency, id } = fact.invoice;
  const documentId = id ?? "";
  return {
    currency,
    moved,
    posting: (book) =>
      issuedPosting(
        {
          book,
          kind: fact.type,
          factId: documentId,
          reference: referenceOf(state.companyId, documentId),
          at: Math.max(fact.at, 1),
        },
        parts satisfies IssuedInvoice,
      ),
  };
}

/** Credit given, taken back or run out of time. What an invoice gives and uses is in the chain of the invoice. */
function creditOccurrence(state: CustomerState, facts: readonly Fact[], fact: CreditFact): Occurrence | null {
  const post = postingOf(facts, fact);
  const grant = state.grants.find((g) => g.id === fact.grant_id);
  if (post === null || grant === undefined || fact.type === "credit_activated") return null;
  const { currency, kind } = grant;
  const units = unitsOf(decimal(fact.amount), ledgerScale(currency));
  const move = { customerId: state.customerId, kind, units };
  const reference = referenceOf(state.companyId, fact.grant_id);
  return {
    currency,
    moved: UNMOVED,
    posting: (book) =>
      post({ book, kind: fact.type, factId: fact.grant_id, reference, at: Math.max(fact.at, 1) }, move),
  };
}

function postingOf(facts: readonly Fact[], fact: CreditFact) {
  switch (fact.type) {
    case "credit_granted": {
      // What rolls over stays where it is, in the same wallet.
      const isRolled = facts.some((f) => f.type === "credit_rolled_over" && f.into === fact.grant_id);
      return fact.invoice_id === undefined && !isRolled ? grantedPosting : null;
    }
    case "credit_expired":
      return expiredPosting;
    case "credit_voided":
      return voidedPosting;
    default:
      return null;
  }
}
