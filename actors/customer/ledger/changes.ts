import { accountOf, type LedgerBook, referenceOf } from "../../../src/ledger/account.ts";
import { budgetPosting } from "../../../src/ledger/postings/budget.ts";
import type { Posting } from "../../../src/ledger/postings/posting.ts";
import { accruedPosting, releasedPosting } from "../../../src/ledger/postings/usage.ts";
import type { CustomerState } from "../state.ts";
import type { Position, Positions } from "./positions.ts";

/** How much a position has changed beyond what chains of their own did. */
export interface PositionChange {
  readonly position: Position;
  readonly units: bigint;
  /** Of a budget. */
  readonly used: bigint;
}

/**
 * How positions have changed. @param before as the ledger was last told @param moved what chains of invoices have done
 * to them since
 */
export function changesOf(
  before: Positions,
  moved: readonly Positions[],
  after: Positions,
): PositionChange[] {
  const changes: PositionChange[] = [];
  const names = moved.length === 0 ? after.keys() : new Set([after, ...moved].flatMap((p) => [...p.keys()]));
  const consider = (name: string, position: Position): void => {
    let units = unitsIn(after, name) - unitsIn(before, name);
    for (const chain of moved) units -= unitsIn(chain, name);
    const used = usedIn(after, name) - usedIn(before, name);
    if (units !== 0n || used !== 0n) changes.push({ position, units, used });
  };
  for (const name of names) {
    const position = after.get(name) ?? before.get(name) ?? moved.find((m) => m.has(name))?.get(name);
    if (position !== undefined) consider(name, position);
  }
  for (const [name, position] of before) {
    if (!after.has(name) && !moved.some((m) => m.has(name))) consider(name, position);
  }
  return changes;
}

/**
 * The chain that tells the ledger of a change. Its id is that of the customer's last fact: there is one chain for a
 * position and batch, however many facts changed it.
 */
export function changePosting(
  state: CustomerState,
  book: LedgerBook,
  change: PositionChange,
): Posting | null {
  const { position, units, used } = change;
  const { companyId, customerId, seq } = state;
  const at = Math.max(state.now, 1);
  const occasion = { book, kind: position.kind, factId: `${customerId} ${seq}`, at };
  switch (position.kind) {
    case "accrued": {
      const { revenue, productId } = position;
      // Usage belongs to no document: the account it accrues on saves working out another 128 bits.
      const reference = accountOf(book, "unbilled", customerId, customerId).id;
      return accruedPosting({ ...occasion, reference }, { customerId, revenue, productId, units });
    }
    case "deferred": {
      const { subscriptionId, productId } = position;
      const reference = referenceOf(companyId, subscriptionId);
      return releasedPosting({ ...occasion, reference }, { customerId, subscriptionId, productId }, -units);
    }
    case "budget": {
      const { limitId, window } = position;
      const reference = referenceOf(companyId, limitId);
      return budgetPosting({ ...occasion, reference }, { customerId, limitId, window, limit: units, used });
    }
  }
}

function unitsIn(positions: Positions, name: string): bigint {
  return positions.get(name)?.units ?? 0n;
}

function usedIn(positions: Positions, name: string): bigint {
  const position = positions.get(name);
  return position?.kind === "budget" ? position.used : 0n;
}
