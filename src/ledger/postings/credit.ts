import type { GrantKind } from "../../credits/grant.ts";
import { type Account, accountOf, type LedgerBook } from "../account.ts";
import { transferCodes as codes } from "../chart.ts";
import { Legs, type Occasion, type Posting } from "./posting.ts";

/** A move of a customer's credit. */
export interface CreditMove {
  readonly customerId: string;
  readonly kind: GrantKind;
  readonly units: bigint;
}

/**
 * Gives credit. What is paid came through a provider, D 1010, C 2100 ("" for money that came some other way); what is
 * promotional is our cost, D 5030, C 2110.
 */
export function grantedPosting(occasion: Occasion, move: CreditMove, provider = ""): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(codes.creditGranted, sourceOf(book, move.kind, provider), walletOf(book, move), move.units)
    .posting();
}

/** Takes back what is left of a grant given by mistake: the mirror image of giving it. */
export function voidedPosting(occasion: Occasion, move: CreditMove, provider = ""): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(codes.creditVoided, walletOf(book, move), sourceOf(book, move.kind, provider), move.units)
    .posting();
}

/** Pays what is due with credit outside the issue of an invoice: D 2100 or 2110, C 1100. */
export function usedPosting(occasion: Occasion, move: CreditMove): Posting | null {
  const { book } = occasion;
  const receivable = accountOf(book, "receivable", move.customerId, move.customerId);
  return new Legs(occasion).move(codes.creditUsed, walletOf(book, move), receivable, move.units).posting();
}

/** Credit that nobody used in time: D 2100 or 2110, C 4200. */
export function expiredPosting(occasion: Occasion, move: CreditMove): Posting | null {
  const { book } = occasion;
  return new Legs(occasion)
    .move(codes.creditExpired, walletOf(book, move), accountOf(book, "breakage"), move.units)
    .posting();
}

/** What a credit memo takes off an invoice, tax included, and where it goes. */
export interface CreditMemo {
  readonly customerId: string;
  /** Net of tax. */
  readonly net: bigint;
  /** The tax that goes back with it, by group of jurisdictions. */
  readonly tax: ReadonlyMap<string, bigint>;
  /** The parts add up to net and tax. Lowers what is due, becomes credit, or waits to be paid out. */
  readonly reduces: bigint;
  readonly credits: bigint;
  readonly refunds: bigint;
}

/**
 * Corrects an issued invoice: D 4100 and the tax's share of 2300, C 1100 for what lowers it, 2100 for what becomes
 * credit, 2400 for what is paid out. Debits are shared over credits in this order.
 */
export function memoPosting(occasion: Occasion, memo: CreditMemo): Posting | null {
  const { book } = occasion;
  const { customerId } = memo;
  const sources: Part[] = [{ account: accountOf(book, "discounts"), units: memo.net }];
  for (const [group, units] of memo.tax)
    sources.push({ account: accountOf(book, "taxPayable", group), units });
  const goals: Part[] = [
    { account: accountOf(book, "receivable", customerId, customerId), units: memo.reduces },
    { account: accountOf(book, "paidCredit", customerId, customerId), units: memo.credits },
    { account: accountOf(book, "refundsPayable", customerId, customerId), units: memo.refunds },
  ];
  const legs = new Legs(occasion);
  for (const { from, to, units } of matched(sources, goals))
    legs.move(codes.creditMemoIssued, from, to, units);
  return legs.posting();
}

interface Part {
  readonly account: Account;
  readonly units: bigint;
}

/** Debits laid against credits, first against first. */
function* matched(sources: readonly Part[], goals: readonly Part[]) {
  let at = 0;
  let left = sources[0]?.units ?? 0n;
  for (const { account: to, units: wanted } of goals) {
    for (let open = wanted; open > 0n; ) {
      const from = sources[at];
      if (from === undefined) return;
      const units = left < open ? left : open;
      yield { from: from.account, to, units };
      open -= units;
      left -= units;
      if (left > 0n) continue;
      at += 1;
      left = sources[at]?.units ?? 0n;
    }
  }
}

function walletOf(book: LedgerBook, { customerId, kind }: CreditMove): Account {
  return accountOf(book, kind === "paid" ? "paidCredit" : "promotionalCredit", customerId, customerId);
}

function sourceOf(book: LedgerBook, kind: GrantKind, provider: string): Account {
  return kind === "paid"
    ? accountOf(book, "processorClearing", provider)
    : accountOf(book, "promotionalCost");
}
