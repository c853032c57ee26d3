import { limits } from "../../limits.ts";
import { type Account, accountOf, type LedgerBook } from "../account.ts";
import { transferCodes as codes, type TransferCode } from "../chart.ts";
import type { Chain, Transfer } from "../transfer.ts";
import { transferId } from "../transfer_id.ts";
import { Legs, type Occasion, type Posting } from "./posting.ts";

/** An issued invoice in units of its ledger; every amount is whole minor units but `accrued`. */
export interface IssuedInvoice {
  readonly customerId: string;
  readonly subscriptionId: string;
  /** Lines that had been accrued as they came: usage, and adjustments that waited for this invoice. */
  readonly usage: bigint;
  /** What had been accrued for these lines, cut to the scale; the difference to `usage` is rounding. */
  readonly accrued: bigint;
  /** Lines that earn as they are billed, by product: recurring in arrears, the rest of a minimum, unused time. */
  readonly recurring: ReadonlyMap<string, bigint>;
  readonly minimums: ReadonlyMap<string, bigint>;
  /** Billed in advance for time that is not over. */
  readonly deferred: bigint;
  readonly discount: bigint;
  /** By group of jurisdictions. */
  readonly tax: ReadonlyMap<string, bigint>;
  /** What would have been below zero: the customer's credit from now on. */
  readonly carriedOver: bigint;
  /** Credit given for time that was paid and not used. */
  readonly unusedCredit: bigint;
  /** Credit this invoice uses. */
  readonly paidCredit: bigint;
  readonly promotionalCredit: bigint;
}

/**
 * Issues an invoice: one chain, keyed by the invoice. What is due is debited to 1100 against 1150, 2200, revenue and
 * tax; what lowers it, discounts and negative lines, follows and credits 1100, so that the account never runs below
 * zero on the way. What was accrued beyond the invoice, or short of it, goes to 5090. Credit is used last. A chain is one
 * request to the ledger: of more products than it has room for, the last share the account that has none.
 */
export function issuedPosting(occasion: Occasion, invoice: IssuedInvoice): Posting | null {
  const { book } = occasion;
  const { customerId } = invoice;
  const receivable = accountOf(book, "receivable", customerId, customerId);
  const unbilled = accountOf(book, "unbilled", customerId, customerId);
  const wallet = accountOf(book, "paidCredit", customerId, customerId);
  const legs = new Legs(occasion);
  const parts = [...due(book, invoice, unbilled, wallet)].filter(({ units }) => units !== 0n);
  for (const sign of [1n, -1n])
    for (const { code, account, units } of parts)
      if (units * sign > 0n) legs.move(code, receivable, account, units);
  return legs
    .move(codes.invoiceRounding, accountOf(book, "rounding"), unbilled, invoice.accrued - invoice.usage)
    .move(codes.creditGranted, accountOf(book, "recurringRevenue"), wallet, invoice.unusedCredit)
    .move(codes.creditUsed, wallet, receivable, invoice.paidCredit)
    .move(
      codes.creditUsed,
      accountOf(book, "promotionalCredit", customerId, customerId),
      receivable,
      invoice.promotionalCredit,
    )
    .posting();
}

interface Part {
  readonly code: TransferCode;
  readonly account: Account;
  readonly units: bigint;
}

/** What an invoice's total is made of, by the account it is credited to. */
function* due(book: LedgerBook, invoice: IssuedInvoice, unbilled: Account, wallet: Account): Generator<Part> {
  const { customerId, subscriptionId } = invoice;
  const code = codes.invoiceIssued;
  yield { code, account: unbilled, units: invoice.usage };
  yield { code, account: accountOf(book, "deferred", subscriptionId, customerId), units: invoice.deferred };
  const room = limits.ledgerNamesPerInvoiceMax;
  for (const [product, units] of atMost(room / 4, invoice.minimums))
    yield { code, account: accountOf(book, "usageRevenue", product), units };
  for (const [product, units] of atMost(room / 2, invoice.recurring))
    yield { code, account: accountOf(book, "recurringRevenue", product), units };
  for (const [group, units] of atMost(room / 4, invoice.tax))
    yield { code: codes.taxCharged, account: accountOf(book, "taxPayable", group), units };
  yield { code: codes.creditGranted, account: wallet, units: invoice.carriedOver };
  yield { code: codes.discountGiven, account: accountOf(book, "discounts"), units: -invoice.discount };
}

/** The same sum by so many names, of which "" takes what the others leave. */
function atMost(names: number, units: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  if (units.size <= names) return units;
  const all = [...units];
  const kept = new Map(all.slice(0, names - 1));
  for (const [, more] of all.slice(names - 1)) kept.set("", (kept.get("") ?? 0n) + more);
  return kept;
}

/**
 * Takes a chain back: each leg mirrored, last first, so that no account runs over its bound on the way. The reference
 * stays, so that both are found together.
 */
export function mirrored(occasion: Omit<Occasion, "reference">, chain: Chain, code: TransferCode): Chain {
  const { book, kind, factId, at, attempt = 0 } = occasion;
  const origin = { companyId: book.companyId, kind, factId, at, attempt };
  return chain.toReversed().map(
    (leg, index): Transfer => ({
      id: transferId(origin, `${index} ${leg.credit} ${leg.debit}`),
      kind: "posted",
      debit: leg.credit,
      credit: leg.debit,
      amount: leg.amount,
      ledger: leg.ledger,
      code,
      at,
      reference: leg.reference,
    }),
  );
}

/** Cancels an issued invoice on which nothing was paid: the mirror image of its chain. */
export function canceledChain(occasion: Omit<Occasion, "reference">, issued: Chain): Chain {
  return mirrored(occasion, issued, codes.invoiceCanceled);
}

/** Gives up what is still due of an invoice: D 5010, C 1100. */
export function writtenOffPosting(occasion: Occasion, customerId: string, units: bigint): Posting | null {
  const { book } = occasion;
  const receivable = accountOf(book, "receivable", customerId, customerId);
  return new Legs(occasion)
    .move(codes.invoiceWrittenOff, accountOf(book, "badDebt"), receivable, units)
    .posting();
}

/** A payment came after all: what it pays of a write-off is due again, D 1100, C 5010, and then paid as any other. */
export function recoveredPosting(occasion: Occasion, customerId: string, units: bigint): Posting | null {
  const { book } = occasion;
  const receivable = accountOf(book, "receivable", customerId, customerId);
  return new Legs(occasion)
    .move(codes.writeOffRecovered, receivable, accountOf(book, "badDebt"), units)
    .posting();
}
