import { assertNever } from "../errors.ts";
import type { Decimal } from "../money/decimal.ts";
import type { Charge } from "./charge.ts";
import { rateFlat } from "./flat.ts";
import { rateGraduated } from "./graduated.ts";
import { ratePackage } from "./package.ts";
import { ratePerUnit } from "./per_unit.ts";
import type { Price } from "./price.ts";
import { rateVolume } from "./volume.ts";

export type { Charge, TierCharge } from "./charge.ts";

/**
 * What a period's quantity costs at a price, exact. Live spend, previews and invoices all ask here; an event costs
 * the difference between the quantities after and before it. A negative quantity is rated as 0.
 */
export function rate(price: Price, quantity: Decimal): Charge {
  const { terms } = price;
  switch (terms.model) {
    case "flat":
      return rateFlat(terms);
    case "per_unit":
      return ratePerUnit(terms, quantity);
    case "graduated":
      return rateGraduated(terms, quantity);
    case "volume":
      return rateVolume(terms, quantity);
    case "package":
      return ratePackage(terms, quantity);
    default:
      return assertNever(terms);
  }
}
