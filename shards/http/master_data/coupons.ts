import { Type } from "@sinclair/typebox";
import { CouponInput, checkCoupon, type StoredCoupon } from "../../../src/catalog/coupon.ts";
import { invalid } from "../../../src/errors.ts";
import { Key } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { patched, usableEntry } from "./catalog_entries.ts";
import { catalogRoutes, type Editing } from "./catalog_routes.ts";

const { key: _key, name, duration, ...optional } = CouponInput.properties;
const { percent, amount, currency, periods, product_ids, max_redemptions, expires_at } = optional;

const CouponPatch = Type.Object(
  {
    name: Type.Optional(name),
    percent: Type.Optional(Type.Union([percent, Type.Null()])),
    amount: Type.Optional(Type.Union([amount, Type.Null()])),
    currency: Type.Optional(Type.Union([currency, Type.Null()])),
    duration: Type.Optional(duration),
    periods: Type.Optional(Type.Union([periods, Type.Null()])),
    product_ids: Type.Optional(Type.Union([product_ids, Type.Null()])),
    max_redemptions: Type.Optional(Type.Union([max_redemptions, Type.Null()])),
    expires_at: Type.Optional(Type.Union([expires_at, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

const request = {
  key: "launch",
  name: "Launch: a fifth off for three months",
  percent: 20,
  duration: "repeating",
  periods: 3,
  product_ids: ["inference"],
  max_redemptions: 500,
  expires_at: "2026-07-01T00:00:00Z",
};

/** Coupons; API.md §3. */
export function couponRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "coupon",
    collection: "coupons",
    input: CouponInput,
    patch: CouponPatch,
    onChange:
      "Whoever redeems it from now on has the new version; subscriptions that have it keep theirs. All versions " +
      "count towards `max_redemptions`. The key never changes; `null` takes a field away.",
    filters: {
      key: Type.Optional(Key),
      duration: Type.Optional(duration),
      currency: Type.Optional(currency),
    },
    example: {
      request,
      patch: { max_redemptions: 1000 },
      answer: {
        id: "coup_01kgb9v400c4v6x8z0b2d4f6h8",
        ...request,
        percent: "20",
        product_ids: ["prod_01kgb9v400e1v7d2m8r4q6w9xa"],
        version: 1,
        archived: false,
        created_at: "2026-02-01T00:00:00Z",
        updated_at: "2026-02-01T00:00:00Z",
      },
    },
    create: async (at, input) => {
      const body = await withProductIds(at, checkCoupon(input, ""), []);
      return { body, key: body.key, parts: [] };
    },
    change: async (at, entry, patch) => {
      const before = entry.body as StoredCoupon;
      const checked = checkCoupon(patched<CouponInput>(before, patch), "");
      return { body: await withProductIds(at, checked, before.product_ids ?? []), key: entry.key, parts: [] };
    },
  });
}

/** The coupon with ids in place of keys; products it was limited to before may be archived meanwhile. */
async function withProductIds(
  { services, companyId }: Editing,
  coupon: StoredCoupon,
  before: readonly string[],
): Promise<StoredCoupon> {
  if (coupon.product_ids === undefined) return coupon;
  const ids: string[] = [];
  for (const [index, ref] of coupon.product_ids.entries()) {
    const field = `product_ids[${index}]`;
    const known = before.includes(ref);
    const id = known ? ref : (await usableEntry(services, companyId, "product", ref, field)).id;
    if (ids.includes(id)) throw invalid(field, "is in the list already");
    ids.push(id);
  }
  return { ...coupon, product_ids: ids };
}
