import type { DecisionContext } from "../actors/actor.ts";
import { rateUsage } from "../actors/customer/handlers/record_usage.ts";
import { attachSettled } from "../actors/customer/settled.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { tryOut } from "../actors/customer/upcoming.ts";
import { BillingError } from "../src/errors.ts";
import type { Exact } from "../src/money/ratio.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { LoggedEvent } from "./log_record.ts";
import { NotOwner } from "./not_owner.ts";
import { recover } from "./recovery.ts";
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

  async function ask(read: Question) {
    try {
      return (await services.shard.send(key, { type: "read", read })) as ReturnType<typeof rateUsage>;
    } catch (error) {
      if (!(error instanceof NotOwner)) throw error;
      return asStored(services, key, read);
    }
  }
}

type Question = (state: CustomerState, ctx: DecisionContext) => ReturnType<typeof rateUsage>;

/** Asks a customer of another process as it is stored: many of them may be looked at, and nothing is decided by it. */
async function asStored(
  services: Services,
  key: ActorKey,
  read: Question,
): Promise<ReturnType<typeof rateUsage>> {
  const company = await services.companies.current(key.companyId);
  const [stored] = await services.store.loadActors([key]);
  if (company === null || stored === undefined) throw new BillingError("RES_001", "No such customer");
  const { state } = recover(stored, company.catalog);
  const now = Math.max(services.shard.nowOf(state), state.now);
  return read(state, { now, catalog: company.catalog, settings: company.settings });
}
