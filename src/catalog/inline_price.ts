import { Type } from "@sinclair/typebox";
import { CurrencyCode } from "../pricing/common_fields.ts";
import { type PriceInput, priceWith } from "../pricing/price_input.ts";

/** Whatever the model, the currency may be left out. */
type WithoutCurrency<P> = P extends PriceInput ? Omit<P, "currency"> & { currency?: string } : never;

/** A price written out inside a plan, whose currency it has unless it names one. */
export const InlinePrice = priceWith<InlinePrice>({ currency: Type.Optional(CurrencyCode) });
export type InlinePrice = WithoutCurrency<PriceInput>;

/** The inline price as one that stands for itself. */
export function standalonePrice(price: InlinePrice, planCurrency: string): PriceInput {
  return { currency: planCurrency, ...price };
}
