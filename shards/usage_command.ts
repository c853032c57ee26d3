import type { DecisionContext } from "../actors/actor.ts";
import type { RecordUsage } from "../actors/customer/commands.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { ONE } from "../src/money/decimal.ts";
import { parseInstant } from "../src/time/instant.ts";
import type { LoggedEvent } from "./log_record.ts";

/** What an event of the log asks of its customer's actor. */
export function usageCommand(logged: LoggedEvent, state: CustomerState, ctx: DecisionContext): RecordUsage {
  const { event, recovery } = logged;
  return {
    type: "record_usage",
    eventId: event.event_id,
    source: event.source ?? "",
    eventType: event.event_type,
    subscriptionRef: recovery?.subscriptionId ?? event.subscription_id ?? null,
    occurredAt: timeOf(logged, state, ctx),
    properties: event.properties,
    times: ONE,
  };
}

/**
 * An event without a time happened when it was received, which on a test clock is that clock's present. One that is
 * to go on the next invoice happens now.
 */
function timeOf(
  { event, receivedAt, recovery }: LoggedEvent,
  state: CustomerState,
  ctx: DecisionContext,
): number {
  if (recovery?.action === "next_invoice") return ctx.now;
  const told = event.timestamp === undefined ? null : parseInstant(event.timestamp);
  return told ?? (state.profile?.test_clock_id === undefined ? receivedAt : ctx.now);
}
