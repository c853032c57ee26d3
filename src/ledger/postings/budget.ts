import { accountOf } from "../account.ts";
import { transferCodes as codes } from "../chart.ts";
import { Legs, type Occasion, type Posting } from "./posting.ts";

/** What changes of a spend limit's budget in one window. */
export interface BudgetChange {
  readonly customerId: string;
  readonly limitId: string;
  /** The instant its window begins, as text: every window has a budget of its own. */
  readonly window: string;
  /** Change of the limit's amount: set, raised, lowered, or gone with the limit. */
  readonly limit: bigint;
  /** Change of what is used of it; spend beyond the limit uses nothing more. */
  readonly used: bigint;
}

/**
 * Follows a spend limit on the memo ledger: D 9020, C 9010 makes budget, D 9010, C 9020 uses it. It shadows what the
 * actor decides and refuses nothing: what draws on the budget takes no more than is left of it. Budget comes first,
 * whether made or given back, so that it is there to be drawn on.
 */
export function budgetPosting(occasion: Occasion, change: BudgetChange): Posting | null {
  const { book } = occasion;
  const budget = accountOf(book, "budget", `${change.limitId} ${change.window}`, change.customerId);
  const source = accountOf(book, "budgetSource");
  const legs = new Legs(occasion);
  const moves = [
    { code: codes.budgetSet, units: change.limit },
    { code: codes.budgetUsed, units: -change.used },
  ];
  for (const { code, units } of moves) if (units > 0n) legs.move(code, source, budget, units);
  for (const { code, units } of moves)
    if (units < 0n) legs.move(code, budget, source, -units, { balancing: "debit" });
  return legs.posting();
}
