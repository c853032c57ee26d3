import { assert, assertNever } from "../errors.ts";
import { type Decimal, ZERO } from "../money/decimal.ts";
import { type Exact, isRatio } from "../money/ratio.ts";
import { billedUnits } from "./billed_units.ts";
import { type Charge, plainCharge } from "./charge.ts";
import type { EventTally } from "./event_tally.ts";
import { rateGraduated } from "./graduated.ts";
import { rateMatrix } from "./matrix.ts";
import { ratePackage } from "./package.ts";
import { ratePerUnit } from "./per_unit.ts";
import { ratePercentage } from "./percentage.ts";
import type { Price } from "./price.ts";
import { rateSeats } from "./seat.ts";
import { rateVolume } from "./volume.ts";

export type { CellCharge, Charge, TierCharge } from "./charge.ts";

/** What a price is rated on: one period's usage, or one window's. */
export interface Usage {
  /** The metric's quantity. */
  readonly quantity: Exact;
  /** Of a `matrix` price the quantity of every cell that has usage, by its key. */
  readonly cells?: ReadonlyMap<string, Exact> | null;
  /** Of a price that looks at single events what it keeps of them; null where there were none. */
  readonly tally?: EventTally | null;
}

const noCells: ReadonlyMap<string, Exact> = new Map();

/**
 * What usage costs at a price, exact. Live spend, previews and invoices all ask here; an event costs the difference
 * between the usage with and without it. A negative quantity is rated as 0. Minimum and maximum amounts are not its
 * business: they are of a whole period.
 */
export function rate(price: Price, usage: Usage): Charge {
  const { terms } = price;
  switch (terms.model) {
    case "flat":
      return plainCharge(terms.amount, null);
    case "per_unit":
      return ratePerUnit(terms, billedUnits(price, usage.quantity));
    case "graduated":
    case "graduated_percentage":
      return rateGraduated(terms, billedUnits(price, usage.quantity));
    case "volume":
    case "stairstep":
      return rateVolume(terms, billedUnits(price, usage.quantity));
    case "package":
      return ratePackage(terms, billedUnits(price, usage.quantity));
    case "seat":
      return rateSeats(terms, billedUnits(price, usage.quantity));
    case "percentage":
      return ratePercentage(terms, usage.quantity, usage.tally ?? null);
    case "matrix":
      return rateMatrix(terms, price, usage.cells ?? noCells);
    case "dynamic":
      return plainCharge(usage.tally?.sum ?? ZERO, null);
    default:
      return assertNever(terms);
  }
}

/** What a recurring price costs a whole period: the amount of a flat one, or the seats'. */
export function recurringAmount({ terms }: Price, seats: Decimal): Decimal {
  if (terms.model === "flat") return terms.amount;
  assert(terms.model === "seat", "only flat and seat prices recur");
  const { amount } = rateSeats(terms, seats);
  assert(!isRatio(amount), "seats are a decimal");
  return amount;
}
