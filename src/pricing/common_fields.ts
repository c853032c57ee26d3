import { Type } from "@sinclair/typebox";
import { Later } from "../later.ts";
import { Key, OneOf, Ref } from "../text.ts";

/** Fields of a price that wait for their models and modifiers. */
export const laterFields = [
  "minimum_amount",
  "maximum_amount",
  "included_units",
  "unit_transform",
  "window",
] as const;

/** A currency code; whether there is such a currency is checked beside the schema. */
export const CurrencyCode = Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217" });

/** What every price has beside the parameters of its model. */
export const commonFields = {
  key: Type.Optional(Key),
  product_id: Type.Optional(Ref),
  metric_id: Type.Optional(Ref),
  currency: CurrencyCode,
  interval: Type.Optional(OneOf(["day", "week", "month", "year"])),
  interval_count: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, default: 1 })),
  timing: Type.Optional(OneOf(["arrears", "advance"])),
  flat_at_zero: Type.Optional(Type.Boolean({ default: false })),
  minimum_amount: Later,
  maximum_amount: Later,
  included_units: Later,
  unit_transform: Later,
  window: Later,
};
