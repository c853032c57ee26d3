import { Type } from "@sinclair/typebox";
import { Filters } from "../filter.ts";
import { DecimalText } from "../money/decimal_schema.ts";
import { Key, OneOf, Ref } from "../text.ts";
import { Amount } from "./amount.ts";
import { UnitTransformInput } from "./billed_units.ts";

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
  minimum_amount: Type.Optional(Amount),
  maximum_amount: Type.Optional(Amount),
  included_units: Type.Optional(DecimalText("not_negative", "Billed units that cost nothing")),
  unit_transform: Type.Optional(UnitTransformInput),
  window: Type.Optional(OneOf(["hour", "day", "week"])),
  filters: Type.Optional(Filters),
  flat_at_zero: Type.Optional(Type.Boolean({ default: false })),
};
