import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { isTimezone } from "../../../src/time/calendar.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { Command } from "../commands.ts";
import type { CustomerProfile } from "../profile.ts";
import type { CustomerState } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

/** Creates the customer. Refuses VAL_001 for an unknown currency or zone, RES_002 when it exists. */
export function createCustomer(
  state: CustomerState,
  command: Extract<Command, { type: "create_customer" }>,
  ctx: DecisionContext,
): Outcome {
  if (state.profile !== null) return refuse(new BillingError("RES_002", "The customer exists already"));
  const { input } = command;
  const currency = input.currency ?? ctx.settings.base_currency;
  const timezone = input.timezone ?? ctx.settings.timezone;
  if (!isCurrency(currency)) return refuse(invalid("currency", "is not an ISO 4217 currency"));
  if (!isTimezone(timezone)) return refuse(invalid("timezone", "is not an IANA time zone"));
  const at = formatInstant(ctx.now);
  const customer: CustomerProfile = {
    ...input,
    id: command.customerId,
    currency,
    timezone,
    created_at: at,
    updated_at: at,
  };
  return accept([{ type: "customer_created", at: ctx.now, customer }], (after) => after.profile);
}

/** Changes what may change. Refuses RES_002 where the external id, once set, would change. */
export function updateCustomer(
  state: CustomerState,
  command: Extract<Command, { type: "update_customer" }>,
  ctx: DecisionContext,
): Outcome {
  const { profile } = state;
  if (profile === null) return refuse(noCustomer());
  const { external_id } = command.patch;
  if (external_id !== undefined && profile.external_id !== undefined && external_id !== profile.external_id) {
    return refuse(
      new BillingError("RES_002", "external_id is set and does not change", { field: "external_id" }),
    );
  }
  const customer = { ...profile, ...command.patch, updated_at: formatInstant(ctx.now) };
  return accept([{ type: "customer_updated", at: ctx.now, customer }], (after) => after.profile);
}
