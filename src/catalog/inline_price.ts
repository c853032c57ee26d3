import { type Static, Type } from "@sinclair/typebox";
import { CurrencyCode } from "../pricing/common_fields.ts";
import { LaterPrice, type PriceInput, priceVariants } from "../pricing/price.ts";

const closed = { additionalProperties: false };
const currency = Type.Optional(CurrencyCode);
const { flat, per_unit, graduated, volume, package: packaged } = priceVariants;

/** A price written out inside a plan, whose currency it has unless it names one. */
export const InlinePrice = Type.Union([
  Type.Object({ ...flat.properties, currency }, closed),
  Type.Object({ ...per_unit.properties, currency }, closed),
  Type.Object({ ...graduated.properties, currency }, closed),
  Type.Object({ ...volume.properties, currency }, closed),
  Type.Object({ ...packaged.properties, currency }, closed),
  LaterPrice,
]);
export type InlinePrice = Static<typeof InlinePrice>;

/** The inline price as one that stands for itself. */
export function standalonePrice(price: InlinePrice, planCurrency: string): PriceInput {
  const whole = { currency: planCurrency, ...price };
  return whole;
}
