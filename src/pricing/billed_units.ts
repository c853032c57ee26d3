import { type Static, Type } from "@sinclair/typebox";
import { type Decimal, ZERO } from "../money/decimal.ts";
import { DecimalText } from "../money/decimal_schema.ts";
import { roundTo } from "../money/money.ts";
import { divideExact, type Exact, mulExact, signExact, subExact } from "../money/ratio.ts";
import { OneOf } from "../text.ts";
import { amountOf } from "./amount.ts";

/** How the metric's unit becomes the billed one: 1,400 calls, divided by 1,000 and rounded up, are 2 thousands. */
export const UnitTransformInput = Type.Object(
  {
    operation: OneOf(["divide", "multiply"]),
    by: DecimalText("positive", "What the quantity is divided or multiplied by"),
    round: OneOf(["up", "down", "half_up", "none"]),
  },
  { additionalProperties: false },
);

/** A unit transform, read once. */
export interface UnitTransform {
  readonly operation: "divide" | "multiply";
  readonly by: Decimal;
  readonly round: "up" | "down" | "half_up" | "none";
}

/** What stands between a metric's quantity and the units a model prices. */
export interface UnitRules {
  readonly unitTransform: UnitTransform | null;
  /** Billed units that cost nothing, of every window anew. */
  readonly includedUnits: Decimal | null;
}

/** Reads a unit transform that fits the schema. */
export function unitTransformOf(input: Static<typeof UnitTransformInput>): UnitTransform {
  return { operation: input.operation, by: amountOf(input.by), round: input.round };
}

/** The units to bill of a quantity: transformed, rounded to whole ones where asked, less the included; never below 0. */
export function billedUnits(rules: UnitRules, quantity: Exact): Exact {
  const units = transformedUnits(rules, quantity);
  if (rules.includedUnits === null) return units;
  const beyond = subExact(units, rules.includedUnits);
  return signExact(beyond) > 0 ? beyond : ZERO;
}

/** The billed units of a quantity before any are included; a negative quantity counts as 0. */
export function transformedUnits({ unitTransform }: UnitRules, quantity: Exact): Exact {
  if (signExact(quantity) <= 0) return ZERO;
  if (unitTransform === null) return quantity;
  const { operation, by, round } = unitTransform;
  const units = operation === "divide" ? divideExact(quantity, by) : mulExact(quantity, by);
  return round === "none" ? units : roundTo(units, 0, round);
}
