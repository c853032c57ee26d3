import type { Services } from "../../services.ts";
import type { SimulationInput } from "./simulation_input.ts";

/** The id of a product by its id or key; a name that is none stands for itself, as inline prices may use it. */
export type ProductIds = (ref: string) => string;

/** Looks up the products that a simulation's coupons and credits are limited to. */
export async function productIdsOf(
  services: Services,
  companyId: string,
  subscription: SimulationInput["subscription"],
): Promise<ProductIds> {
  const refs = new Set<string>();
  for (const coupon of subscription?.coupons ?? [])
    if (typeof coupon !== "string") for (const ref of coupon.product_ids ?? []) refs.add(ref);
  for (const grant of subscription?.credits ?? []) for (const ref of grant.product_ids ?? []) refs.add(ref);
  const ids = new Map<string, string>();
  for (const ref of refs) {
    const product = await services.catalogs.get(companyId, "product", ref);
    ids.set(ref, product?.id ?? ref);
  }
  return (ref) => ids.get(ref) ?? ref;
}
