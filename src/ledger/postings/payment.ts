import { type Account, accountOf, type LedgerBook } from "../account.ts";
import { transferCodes as codes } from "../chart.ts";
import { ALL_PENDING } from "../transfer.ts";
import { Legs, type Occasion, type Posting } from "./posting.ts";

/** A payment attempt: the occasion's fact is the attempt, so that each one reserves under ids of its own. */
export interface PaymentMove {
  readonly customerId: string;
  /** The provider the money goes through, such as `stripe`. */
  readonly provider: string;
  readonly units: bigint;
}

/**
 * Begins an attempt to collect: D 1010, C 1100, pending. As 1100 is never credited beyond what is due, two attempts
 * cannot both reserve it. @param timeoutS longer than the provider may still tell an outcome; then the hold falls off
 */
export function paymentPending(occasion: Occasion, move: PaymentMove, timeoutS: number): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(codes.paymentReceived, clearingOf(book, move), receivableOf(book, move), move.units, {
      kind: "pending",
      timeoutS,
    })
    .posting();
}

/** The attempt succeeded: posts what it reserved, or less of it, and gives the rest back. */
export function paymentPosted(occasion: Occasion, pending: Posting, units = ALL_PENDING): Posting | null {
  return settled(occasion, pending, "post_pending", units);
}

/** The attempt failed: gives all it reserved back. */
export function paymentVoided(occasion: Occasion, pending: Posting): Posting | null {
  return settled(occasion, pending, "void_pending", pending.chain[0]?.amount ?? 0n);
}

/** Money that came without an attempt of ours, such as by bank transfer: what is due, and beyond it credit. */
export function paymentReceived(
  occasion: Occasion,
  move: PaymentMove & { /** What is due; no more is paid of it. */ readonly due: bigint },
): Posting | null {
  const { book } = occasion;
  const pays = move.units < move.due ? move.units : move.due;
  const clearing = clearingOf(book, move);
  const wallet = accountOf(book, "paidCredit", move.customerId, move.customerId);
  return new Legs(occasion)
    .move(codes.paymentReceived, clearing, receivableOf(book, move), pays)
    .move(codes.overpaymentKept, clearing, wallet, move.units - pays)
    .posting();
}

/** Pays back what a credit memo owes the customer: D 2400, C 1010. */
export function refundPaid(occasion: Occasion, move: PaymentMove): Posting | null {
  const { book } = occasion;
  const owed = accountOf(book, "refundsPayable", move.customerId, move.customerId);
  return new Legs(occasion).move(codes.refundPaid, owed, clearingOf(book, move), move.units).posting();
}

/** What the provider keeps of the money: D 5020, C 1010. */
export function feeCharged(occasion: Occasion, provider: string, units: bigint): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(
      codes.processorFee,
      accountOf(book, "processorFees", provider),
      accountOf(book, "processorClearing", provider),
      units,
    )
    .posting();
}

/** The provider pays out: D 1020, C 1010. */
export function paidOut(occasion: Occasion, provider: string, units: bigint): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(
      codes.payoutSettled,
      accountOf(book, "bankSettlement"),
      accountOf(book, "processorClearing", provider),
      units,
    )
    .posting();
}

/** A customer took a payment back through its bank, for good: D 5010, C 1010. */
export function disputeLost(occasion: Occasion, provider: string, units: bigint): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(
      codes.disputeLost,
      accountOf(book, "badDebt"),
      accountOf(book, "processorClearing", provider),
      units,
    )
    .posting();
}

function settled(
  occasion: Occasion,
  { chain, accounts }: Posting,
  kind: "post_pending" | "void_pending",
  units: bigint,
): Posting | null {
  const [pending] = chain;
  const debit = accounts.find((account) => account.id === pending?.debit);
  const credit = accounts.find((account) => account.id === pending?.credit);
  if (pending === undefined || debit === undefined || credit === undefined) return null;
  return new Legs(occasion)
    .move(pending.code, debit, credit, units, { kind, pendingId: pending.id })
    .posting();
}

function clearingOf(book: LedgerBook, { provider }: PaymentMove): Account {
  return accountOf(book, "processorClearing", provider);
}

function receivableOf(book: LedgerBook, { customerId }: PaymentMove): Account {
  return accountOf(book, "receivable", customerId, customerId);
}
