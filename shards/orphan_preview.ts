import type { DecisionContext } from "../actors/actor.ts";
import { rateUsage } from "../actors/customer/handlers/record_usage.ts";
import { attachSettled } from "../actors/customer/settled.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { tryOut } from "../actors/customer/upcoming.ts";
import type { Exact } from "../src/money/ratio.ts";
import type { LoggedEvent } from "./log_record.ts";
import type { Services } from "./services.ts";
import { usageCommand } from "./usage_command.ts";

/** What recovering an orphan event would add to its customer's usage, exactly; or why it would stay an orphan. */
export type OrphanPreview =
  | { readonly charge: Exact; readonly currency: string }
  | { readonly reason: string };

/** Rates an event of a known customer as it would be rated now, and changes nothing. Limits are not looked at. */
export async function previewOrphan(services: Services, logged: LoggedEvent): Promise<OrphanPreview> {
  const key = { companyId: logged.companyId, customerId: logged.customerRef };
  const first = await ask((state, ctx) => rateUsage(state, usageCommand(logged, state, ctx), ctx));
  if (typeof first === "string") return { reason: first };
  if (!("needs" in first)) return { charge: first.delta, currency: first.subscription.currency };
  const { subscriptionId, at } = first.needs;
  const rows = await services.store.loadSettled([{ ...key, subscriptionId, at }]);
  const bodies = rows.map((row) => row.body);
  const second = await ask((state, ctx) => {
    const copy = tryOut(state, ctx);
    attachSettled(copy, { subscriptionId, at, bodies }, ctx.catalog);
    return rateUsage(copy, usageCommand(logged, copy, ctx), ctx);
  });
  if (typeof second === "string") return { reason: second };
  return "needs" in second
    ? { reason: "period_closed" }
    : { charge: second.delta, currency: second.subscription.currency };

  async function ask(read: (state: CustomerState, ctx: DecisionContext) => ReturnType<typeof rateUsage>) {
    return (await services.shard.send(key, { type: "read", read })) as ReturnType<typeof rateUsage>;
  }
}
