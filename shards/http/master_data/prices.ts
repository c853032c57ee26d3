import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { commonFields } from "../../../src/pricing/common_fields.ts";
import { compilePrice, PriceInput, priceVariants, type StoredPrice } from "../../../src/pricing/price.ts";
import { priceModels } from "../../../src/pricing/price_input.ts";
import { Key, OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { validator } from "../validate.ts";
import { patched } from "./catalog_entries.ts";
import { catalogRoutes } from "./catalog_routes.ts";
import { answered, priceExample, priceExamples } from "./price_examples.ts";
import { filtersById, withIds } from "./price_references.ts";

const Model = OneOf(priceModels);

/**
 * Every field of any model but the key, each with what it can be in one of them or null, which takes it away.
 * Whether they go together is checked once they stand beside the price's own.
 */
function patchSchema(): TObject {
  const variants = priceModels.map((model) => priceVariants[model]);
  const names = new Set(variants.flatMap((variant) => Object.keys(variant.properties)));
  for (const name of ["key", "model"]) names.delete(name);
  const fields = [...names].map((name) => {
    const all = variants.map((variant): TSchema | undefined => variant.properties[name as "currency"]);
    const different = new Set(all.filter((schema) => schema !== undefined));
    return [name, Type.Optional(Type.Union([...different, Type.Null()]))] as const;
  });
  return Type.Object(
    { model: Type.Optional(Model), ...Object.fromEntries(fields) },
    { additionalProperties: false, minProperties: 1 },
  );
}

const checkPrice = validator(PriceInput);

/** Prices; API.md §3. */
export function priceRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "price",
    collection: "prices",
    input: PriceInput,
    patch: patchSchema(),
    onChange:
      "Plans keep the version they were made with, and subscriptions with them: name the price again in a change of " +
      "the plan to use the new one. A change of `model` drops the parameters of the old. The key never changes; " +
      "`null` takes a field away.",
    filters: {
      key: Type.Optional(Key),
      product_id: Type.Optional(Ref),
      metric_id: Type.Optional(Ref),
      currency: Type.Optional(commonFields.currency),
      model: Type.Optional(Model),
    },
    example: {
      request: priceExample,
      patch: { tiers: [{ up_to: null, unit_amount: "0.000012" }] },
      answer: answered(priceExample),
      examples: priceExamples,
    },
    create: async (at, input) => {
      const body = await withIds(at, compilePrice("", 1, input).input, {}, "");
      return { body, key: body.key ?? null, parts: [] };
    },
    change: async (at, entry, patch) => {
      const before = entry.body as StoredPrice;
      const merged: unknown = patched<object>(ofModel(before, patch), patch);
      checkPrice(merged, "body");
      const body = await withIds(at, compilePrice("", 1, merged as PriceInput).input, before, "");
      return { body, key: entry.key, parts: [] };
    },
    filtersOf: filtersById,
  });
}

/** What a change of model leaves of a price: the fields that every model has. */
function ofModel(before: StoredPrice, patch: { model?: unknown }): object {
  if (patch.model === undefined || patch.model === before.model) return before;
  const { flat_at_zero: _, ...kept } = before;
  return Object.fromEntries(Object.entries(kept).filter(([name]) => Object.hasOwn(commonFields, name)));
}
