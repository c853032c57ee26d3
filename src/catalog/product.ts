import { type Static, Type } from "@sinclair/typebox";
import { checkKey, Key, Text } from "../text.ts";

/** A product as a client describes it; API.md §3. `tax_code` is the tax provider's classification. */
export const ProductInput = Type.Object(
  { key: Key, name: Text(255), tax_code: Type.Optional(Text(64)) },
  { additionalProperties: false },
);
export type ProductInput = Static<typeof ProductInput>;

/** One immutable version of a product. */
export type Product = Readonly<ProductInput> & { readonly id: string; readonly version: number };

/** Throws VAL_001 for a key that reads as an id. */
export function checkProduct(input: ProductInput): void {
  checkKey(input.key, "key");
}
