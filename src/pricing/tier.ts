import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { add, compare, type Decimal, mul, sub, ZERO } from "../money/decimal.ts";
import { DecimalText } from "../money/decimal_schema.ts";
import { amountOf, UnitAmount } from "./amount.ts";
import type { TierCharge } from "./charge.ts";

const tiersMax = 100;

/** A tier covers (previous up_to, up_to]; the last is open. */
export const TierInput = Type.Object(
  {
    up_to: Type.Union([DecimalText("positive", "Inclusive upper bound"), Type.Null()]),
    unit_amount: UnitAmount,
    flat_amount: Type.Optional(DecimalText("not_negative", "Due once when anything falls in the tier")),
  },
  { additionalProperties: false },
);

/** The tiers of a graduated or volume price. */
export const TiersInput = Type.Array(TierInput, { minItems: 1, maxItems: tiersMax });
export type TiersInput = Static<typeof TiersInput>;

/** A tier with its numbers read, and what rating a graduated price would otherwise work out each time. */
export interface Tier {
  /** Where the tier before ends, 0 for the first. */
  readonly from: Decimal;
  readonly upTo: Decimal | null;
  readonly unitAmount: Decimal;
  readonly flatAmount: Decimal | null;
  /** What all tiers before cost together when they are full. */
  readonly before: Decimal;
  /** The charges of the tiers before, full. */
  readonly fullBefore: readonly TierCharge[];
}

/** Reads tiers; throws VAL_001 unless they ascend and the last one, and only it, is open. `at` is the path of the price. */
export function compileTiers(input: TiersInput, at: string): readonly Tier[] {
  const tiers: Tier[] = [];
  let from = ZERO;
  let before = ZERO;
  let fullBefore: readonly TierCharge[] = [];
  for (const [index, { up_to, unit_amount, flat_amount }] of input.entries()) {
    const isLast = index === input.length - 1;
    if (isLast !== (up_to === null)) {
      throw invalid(
        `${at}tiers[${index}].up_to`,
        isLast ? "must be null in the last tier" : "must not be null before the last tier",
      );
    }
    const tier: Tier = {
      from,
      upTo: up_to === null ? null : amountOf(up_to),
      unitAmount: amountOf(unit_amount),
      flatAmount: flat_amount === undefined ? null : amountOf(flat_amount),
      before,
      fullBefore,
    };
    tiers.push(tier);
    if (tier.upTo === null) break;
    if (compare(tier.upTo, from) <= 0)
      throw invalid(`${at}tiers[${index}].up_to`, "must be above the up_to before it");
    const full = chargeIn(tier, sub(tier.upTo, from));
    from = tier.upTo;
    before = add(before, full.amount);
    fullBefore = [...fullBefore, full];
  }
  return tiers;
}

/** The tier a quantity above 0 ends in. */
export function tierOf(tiers: readonly Tier[], quantity: Decimal): Tier {
  for (const tier of tiers) if (tier.upTo === null || compare(quantity, tier.upTo) <= 0) return tier;
  throw new RangeError("the last tier is open");
}

/** What a quantity costs at a tier's rates, its flat amount with it. */
export function chargeIn(tier: Tier, quantity: Decimal): TierCharge {
  const { upTo, unitAmount, flatAmount } = tier;
  const amount = mul(quantity, unitAmount);
  if (flatAmount === null) return { upTo, quantity, unitAmount, amount };
  return { upTo, quantity, unitAmount, flatAmount, amount: add(amount, flatAmount) };
}
