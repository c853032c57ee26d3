import { Type } from "@sinclair/typebox";
import { commonFields } from "../../../src/pricing/common_fields.ts";
import { flatParameters } from "../../../src/pricing/flat.ts";
import { graduatedParameters } from "../../../src/pricing/graduated.ts";
import { packageParameters } from "../../../src/pricing/package.ts";
import { perUnitParameters } from "../../../src/pricing/per_unit.ts";
import { compilePrice, PriceInput, type StoredPrice } from "../../../src/pricing/price.ts";
import { volumeParameters } from "../../../src/pricing/volume.ts";
import { Key, OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { validator } from "../validate.ts";
import { patched } from "./catalog_entries.ts";
import { catalogRoutes } from "./catalog_routes.ts";
import { filtersById, withIds } from "./price_references.ts";

const { key: _key, product_id, metric_id, ...changeable } = commonFields;
const models = ["flat", "per_unit", "graduated", "volume", "package"] as const;
const parameters = {
  ...flatParameters,
  ...perUnitParameters,
  ...graduatedParameters,
  ...volumeParameters,
  ...packageParameters,
};

/** Every field any model has; whether they go together is checked once they stand beside the price's own. */
const PricePatch = Type.Object(
  {
    ...Type.Partial(Type.Object({ ...parameters, ...changeable, model: OneOf(models) })).properties,
    product_id: Type.Optional(Type.Union([product_id, Type.Null()])),
    metric_id: Type.Optional(Type.Union([metric_id, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

const checkPrice = validator(PriceInput);

const request = {
  key: "output_tokens_standard",
  product_id: "inference",
  metric_id: "output_tokens",
  currency: "USD",
  model: "graduated",
  tiers: [
    { up_to: "1000000", unit_amount: "0.000015" },
    { up_to: null, unit_amount: "0.000012" },
  ],
  interval: "month",
};

/** Prices; API.md §3. */
export function priceRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "price",
    collection: "prices",
    input: PriceInput,
    patch: PricePatch,
    onChange:
      "Plans keep the version they were made with, and subscriptions with them: name the price again in a change of " +
      "the plan to use the new one. A change of `model` drops the parameters of the old. The key never changes; " +
      "`null` takes `product_id` or `metric_id` away.",
    filters: {
      key: Type.Optional(Key),
      product_id: Type.Optional(Ref),
      metric_id: Type.Optional(Ref),
      currency: Type.Optional(commonFields.currency),
      model: Type.Optional(OneOf(models)),
    },
    example: {
      request,
      patch: { tiers: [{ up_to: null, unit_amount: "0.000012" }] },
      answer: {
        id: "price_01kgb9v400p2q4r6s8t0v2w4x6",
        ...request,
        product_id: "prod_01kgb9v400e1v7d2m8r4q6w9xa",
        metric_id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
        interval_count: 1,
        timing: "arrears",
        flat_at_zero: false,
        version: 1,
        archived: false,
        created_at: "2026-02-01T00:00:00Z",
        updated_at: "2026-02-01T00:00:00Z",
      },
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
