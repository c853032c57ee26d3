import { BillingError } from "../../../src/errors.ts";
import type { Services } from "../../services.ts";
import { type TriedPlan, triedRows } from "../admin/simulated_plan.ts";

/**
 * Stores a plan that a request wrote out, with its prices and metrics, and gives its id: a plan for one customer is
 * a plan like any other. Throws VAL_001 for what makes no sense, RES_002 where its key is taken.
 */
export async function storePlan(services: Services, companyId: string, plan: TriedPlan): Promise<string> {
  const company = await services.companies.current(companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  const now = services.clock.now();
  const { rows, planId } = triedRows(plan, company.catalog, (prefix) => services.ids.next(prefix));
  await services.catalogs.create(
    companyId,
    rows.map((row) => ({ ...row, created_at: now, key: row.kind === "plan" ? (plan.key ?? null) : null })),
    null,
  );
  await services.companies.refresh(companyId);
  return planId;
}
