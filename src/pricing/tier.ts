import { type TSchema, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { compare, type Decimal, sub, ZERO } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { addExact, compareExact, type Exact, mulExact } from "../money/ratio.ts";
import { amountOf, UnitAmount } from "./amount.ts";
import { type Charge, noCharge, type TierCharge, tieredCharge } from "./charge.ts";

const tiersMax = 100;

/** The upper bound of a tier; null in the last one, which is open. */
export const TierBound = Type.Union([DecimalText("positive", "Inclusive upper bound"), Type.Null()]);

/** What a tier costs once anything falls in it. */
export const TierFlatAmount = DecimalText("not_negative", "Due once when anything falls in the tier");

/** A list of tiers of one shape. */
export const TierList = <T extends TSchema>(tier: T) => Type.Array(tier, { minItems: 1, maxItems: tiersMax });

/** The tiers of a graduated or volume price. */
export const TiersInput = TierList(
  Type.Object(
    { up_to: TierBound, unit_amount: UnitAmount, flat_amount: Type.Optional(TierFlatAmount) },
    { additionalProperties: false },
  ),
);

/** What a tier costs, as its model reads it. */
export interface TierRates {
  readonly up_to: DecimalInput | null;
  readonly unitAmount: Decimal | null;
  readonly flatAmount: Decimal | null;
}

/** A tier with its numbers read, and what rating a graduated price would otherwise work out each time. */
export interface Tier {
  /** Where the tier before ends, 0 for the first. */
  readonly from: Decimal;
  readonly upTo: Decimal | null;
  /** Null where units have no price of their own. */
  readonly unitAmount: Decimal | null;
  readonly flatAmount: Decimal | null;
  /** What all tiers before cost together when they are full. */
  readonly before: Exact;
  /** The charges of the tiers before, full. */
  readonly fullBefore: readonly TierCharge[];
}

/** The tiers of a price and whether the first one's flat amount is due at zero. */
export interface TieredTerms {
  readonly tiers: readonly Tier[];
  readonly flatAtZero: boolean;
}

/** Reads tiers; throws VAL_001 unless they ascend and the last one, and only it, is open. `at` is the path of the price. */
export function compileTiers(input: readonly TierRates[], at: string): readonly Tier[] {
  const tiers: Tier[] = [];
  let from = ZERO;
  let before: Exact = ZERO;
  let fullBefore: readonly TierCharge[] = [];
  for (const [index, { up_to, unitAmount, flatAmount }] of input.entries()) {
    const isLast = index === input.length - 1;
    if (isLast !== (up_to === null)) {
      throw invalid(
        `${at}tiers[${index}].up_to`,
        isLast ? "must be null in the last tier" : "must not be null before the last tier",
      );
    }
    const upTo = up_to === null ? null : amountOf(up_to);
    const tier: Tier = { from, upTo, unitAmount, flatAmount, before, fullBefore };
    tiers.push(tier);
    if (upTo === null) break;
    if (compare(upTo, from) <= 0)
      throw invalid(`${at}tiers[${index}].up_to`, "must be above the up_to before it");
    const full = chargeIn(tier, sub(upTo, from));
    from = upTo;
    before = addExact(before, full.amount);
    fullBefore = [...fullBefore, full];
  }
  return tiers;
}

/** The tier a quantity above 0 ends in. */
export function tierOf(tiers: readonly Tier[], quantity: Exact): Tier {
  for (const tier of tiers) if (tier.upTo === null || compareExact(quantity, tier.upTo) <= 0) return tier;
  throw new RangeError("the last tier is open");
}

/** What a quantity costs at a tier's rates, its flat amount with it. */
export function chargeIn(tier: Tier, quantity: Exact): TierCharge {
  const { upTo, unitAmount, flatAmount } = tier;
  const ofUnits = unitAmount === null ? null : mulExact(quantity, unitAmount);
  if (flatAmount === null) return { upTo, quantity, unitAmount, amount: ofUnits ?? ZERO };
  const amount = ofUnits === null ? flatAmount : addExact(ofUnits, flatAmount);
  return { upTo, quantity, unitAmount, flatAmount, amount };
}

/** What no units at all cost under tiers: nothing, or the first tier's flat amount with `flat_at_zero`. */
export function rateNothing({ tiers, flatAtZero }: TieredTerms): Charge {
  const [first] = tiers;
  if (!flatAtZero || first === undefined || first.flatAmount === null) return noCharge;
  const charge = chargeIn(first, ZERO);
  return tieredCharge(charge.amount, null, [charge]);
}
