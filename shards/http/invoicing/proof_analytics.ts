import type { Measurement, ProvenLine } from "../../../actors/customer/proof.ts";
import { BillingError } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { partitionOf } from "../../../src/partitioning.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import { provePeriods, type ToProve } from "../../proofs.ts";
import type { Services } from "../../services.ts";

/** What one usage line comes to in analytics. */
export type AnalyticsLeg = Measurement | "unavailable";

/** The analytics' leg of a proof, by line; `unavailable` where it is away, behind, or cannot tell. */
export async function analyticsLegs(
  { analytics, analyticsFeed }: Services,
  { companyId, customerId }: ActorKey,
  asked: readonly ToProve[],
): Promise<(lineId: string) => AnalyticsLeg> {
  const nothing = (): AnalyticsLeg => "unavailable";
  if (analytics === null || analyticsFeed === null) return nothing;
  try {
    const partition = partitionOf(companyId, customerId, limits.partitions);
    const told = await analyticsFeed.readPartition(partition, () => provePeriods(analytics, asked));
    if (told === null) return nothing;
    const measured: readonly ProvenLine[] = told.value.flat();
    const lines = new Map(measured.map(({ line_item_id, events }) => [line_item_id, events]));
    return (lineId) => lines.get(lineId) ?? "unavailable";
  } catch (error) {
    if (error instanceof BillingError && error.code === "DEP_001") return nothing;
    throw error;
  }
}

/** Whether a leg says what the actor kept; one that says nothing is no objection. */
export function analyticsAgrees(leg: AnalyticsLeg, actor: Measurement): boolean {
  return leg === "unavailable" || (leg.quantity === actor.quantity && leg.amount === actor.amount);
}
