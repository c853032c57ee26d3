import { invalid } from "../errors.ts";
import { isCurrency } from "../money/currency.ts";
import { compare } from "../money/decimal.ts";
import { checkKey } from "../text.ts";
import { optionalAmount } from "./amount.ts";
import type { PriceInput, PriceModel } from "./price_input.ts";

const tiered: readonly PriceModel[] = ["graduated", "volume", "stairstep", "graduated_percentage"];

/** Why units mean nothing to a model. */
const withoutUnits: Readonly<Partial<Record<PriceModel, string>>> = {
  percentage: "which takes a part of an amount; free_events and free_amount say what is free",
  dynamic: "where the price travels on the event",
};

/**
 * Throws VAL_001, naming the field, where the fields every price has do not go with its model or with each other.
 * `at` is put before the field, such as `prices[1].`.
 */
export function checkGoesTogether(input: PriceInput, at: string): void {
  if (input.key !== undefined) checkKey(input.key, `${at}key`);
  if (!isCurrency(input.currency)) throw invalid(`${at}currency`, "is no active ISO 4217 currency");
  const least = optionalAmount(input.minimum_amount);
  const most = optionalAmount(input.maximum_amount);
  if (least !== null && most !== null && compare(most, least) < 0)
    throw invalid(`${at}maximum_amount`, "must not be below minimum_amount");
  if (input.flat_at_zero === true && !tiered.includes(input.model))
    throw invalid(`${at}flat_at_zero`, "is for prices with tiers");
  checkMetric(input, at);
  const why = withoutUnits[input.model];
  if (why === undefined) return;
  for (const field of ["included_units", "unit_transform"] as const) {
    if (input[field] !== undefined) throw invalid(at + field, `does not go with '${input.model}', ${why}`);
  }
}

function checkMetric(input: PriceInput, at: string): void {
  const { model } = input;
  if (input.metric_id !== undefined) {
    if (model === "flat") throw invalid(`${at}metric_id`, "must be left out for 'flat'");
    if (input.timing === "advance")
      throw invalid(
        `${at}timing`,
        "must be 'arrears' for a price with a metric: usage is known once it happened",
      );
    return;
  }
  if (model !== "flat" && model !== "seat") throw invalid(`${at}metric_id`, `is required for '${model}'`);
  for (const field of ["included_units", "unit_transform", "window", "filters"] as const) {
    if (input[field] !== undefined)
      throw invalid(at + field, "is for prices with a metric, of which it is a part");
  }
}
