import { isZero, ZERO } from "../money/decimal.ts";
import { tallyDynamic } from "./dynamic.ts";
import type { EventTally, PricedEvent } from "./event_tally.ts";
import { tallyPercentage } from "./percentage.ts";
import type { PriceTerms } from "./terms.ts";

/** The tally of no events; null for a price that the metric's quantity is enough for. */
export function newTally(terms: PriceTerms): EventTally | null {
  const none = { count: ZERO, sum: ZERO, early: [], freed: ZERO };
  if (terms.model === "dynamic") return { ...none, left: null };
  if (terms.model !== "percentage") return null;
  if (!terms.byEvent && isZero(terms.fee.fixedAmount)) return null;
  return { ...none, left: terms.allowance };
}

/** The tally with an event more; where none is kept there is none. */
export function tallyWith(
  terms: PriceTerms,
  tally: EventTally | null,
  event: PricedEvent,
): EventTally | null {
  if (tally === null) return null;
  if (terms.model === "dynamic") return tallyDynamic(tally, event);
  return terms.model === "percentage" ? tallyPercentage(terms, tally, event) : tally;
}
