import { assert, assertNever } from "../../src/errors.ts";
import { decimal } from "../../src/money/decimal.ts";
import { thresholdsReached } from "../../src/spend/spend_limit.ts";
import type { AlertFired, Fact, LimitSet } from "./facts.ts";
import { spendIn, windowAt } from "./spend.ts";
import type { CustomerState } from "./state.ts";

type LimitFact =
  | LimitSet
  | AlertFired
  | Extract<Fact, { type: "limit_removed" | "limit_window_opened" | "limit_exceeded" | "limit_cleared" }>;

/** Applies what happens to a customer's spend limits. */
export function evolveLimit(state: CustomerState, fact: LimitFact): void {
  switch (fact.type) {
    case "limit_set":
      return setLimit(state, fact);
    case "limit_removed":
      state.limits = state.limits.filter((l) => l.id !== fact.limit_id);
      return;
    case "limit_window_opened":
      return changeLimit(state, fact, (l) => {
        l.window = { start: fact.start, end: fact.end };
        l.fired = [];
        l.exceeded = false;
      });
    case "alert_fired":
      return changeLimit(state, fact, (l) => {
        l.fired.push(fact.threshold);
      });
    case "limit_exceeded":
    case "limit_cleared":
      return changeLimit(state, fact, (l) => {
        l.exceeded = fact.type === "limit_exceeded";
      });
    default:
      assertNever(fact);
  }
}

function changeLimit(
  state: CustomerState,
  fact: { readonly at: number; readonly limit_id: string },
  apply: (limit: CustomerState["limits"][number]) => void,
): void {
  const limit = state.limits.find((l) => l.id === fact.limit_id);
  assert(limit !== undefined, "a fact names a limit of its customer");
  apply(limit);
  limit.updatedAt = fact.at;
}

function setLimit(state: CustomerState, fact: LimitSet): void {
  const terms = {
    monthlyLimit: decimal(fact.monthly_limit),
    currency: fact.currency,
    thresholds: fact.alert_thresholds,
    action: fact.action_on_exceed,
    onSuspend: fact.ingest_on_suspend,
  };
  const known = state.limits.find((l) => l.id === fact.limit_id);
  if (known !== undefined) {
    known.terms = terms;
    known.updatedAt = fact.at;
    // Alerts the new terms have not reached yet may fire again.
    const reached = thresholdsReached(terms, spendIn(state, known), []);
    known.fired = known.fired.filter((threshold) => reached.includes(threshold));
    return;
  }
  state.limits.push({
    id: fact.limit_id,
    subscriptionId: fact.subscription_id,
    createdAt: fact.at,
    updatedAt: fact.at,
    terms,
    window: windowAt(state, fact.subscription_id, fact.at),
    fired: [],
    exceeded: false,
  });
}
