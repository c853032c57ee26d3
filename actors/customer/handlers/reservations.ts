import { assert, BillingError, invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { decimal, formatDecimal, ONE, ZERO } from "../../../src/money/decimal.ts";
import { compareExact, type Exact, formatExact, subExact, writeExact } from "../../../src/money/ratio.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import { denies, leftUnder } from "../check.ts";
import type { Fact } from "../facts.ts";
import { openReservation, type Reservation, reservationDocument } from "../reservations/reservation.ts";
import type {
  CommitReservation,
  ReservationCommand,
  ReserveBudget,
} from "../reservations/reservation_commands.ts";
import type { ReservationEnded } from "../reservations/reservation_facts.ts";
import { type CustomerState, covers, findSubscription } from "../state.ts";
import { rateUsage, recordUsage } from "./record_usage.ts";
import { noCustomer } from "./subscriptions.ts";

/**
 * Holds budget, records what it was held for, or lets go of it.
 *
 * Holding is refused with SPEND_001 where the limits have no room for it beside what is spent and held; with RES_001
 * for an unknown customer or subscription. What is not open (any more) is refused with RES_001.
 */
export function changeReservation(
  state: CustomerState,
  command: ReservationCommand,
  ctx: DecisionContext,
): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  if (command.type === "reserve_budget") return reserve(state, command, ctx);
  if (command.type === "commit_reservation") return commit(state, command, ctx);
  const held = openReservation(state, command.reservationId, ctx.now);
  if (held === undefined) return refuse(notOpen());
  return accept([endedFact(held, "released", ctx)], () =>
    reservationDocument(state.customerId, held, "released"),
  );
}

function reserve(state: CustomerState, command: ReserveBudget, ctx: DecisionContext): Outcome {
  const { reservationId: id, subscriptionRef, expiresInMs } = command;
  const known = openReservation(state, id, ctx.now);
  if (known !== undefined) return accept([], () => reservationDocument(state.customerId, known, "held"));
  if (state.reservations.length >= limits.reservationsPerCustomerMax)
    return refuse(
      new BillingError("RES_002", `The customer has ${limits.reservationsPerCustomerMax} open reservations`),
    );
  if (subscriptionRef !== null && findSubscription(state, subscriptionRef) === undefined)
    return refuse(new BillingError("RES_001", "No such subscription", { field: "subscription_id" }));
  const wanted = wantedOf(state, command, ctx);
  if (wanted instanceof BillingError) return refuse(wanted);
  const { subscriptionId, currency, amount } = wanted;
  const denial = state.limits.find((limit) => {
    const bears = subscriptionId === null || covers(limit, subscriptionId);
    if (!bears || limit.terms.currency !== currency) return false;
    return denies(limit, leftUnder(state, limit, ctx.now), amount, ctx.now);
  });
  if (denial !== undefined) {
    const of = `the spend limit of ${formatDecimal(denial.terms.monthlyLimit)} ${currency}`;
    const why = denial.exceeded
      ? `${of} is reached`
      : `${of} leaves too little beside what is spent and held`;
    return refuse(new BillingError("SPEND_001", `Refused: ${why}`));
  }
  const held = { id, ...wanted, createdAt: ctx.now, expiresAt: ctx.now + expiresInMs };
  const made: Fact = {
    type: "reservation_made",
    at: ctx.now,
    reservation_id: id,
    subscription_id: subscriptionId,
    currency,
    amount: writeExact(amount),
    expires_at: held.expiresAt,
  };
  return accept([made], () => reservationDocument(state.customerId, held, "held"));
}

/** What is to be held, and of which subscription; usage that would give something back needs nothing held. */
function wantedOf(
  state: CustomerState,
  { subscriptionRef, hold }: ReserveBudget,
  ctx: DecisionContext,
): Pick<Reservation, "subscriptionId" | "currency" | "amount"> | BillingError {
  if ("amount" in hold) {
    const named = subscriptionRef === null ? undefined : findSubscription(state, subscriptionRef);
    const currency = named?.currency ?? state.profile?.currency ?? "USD";
    return { subscriptionId: named?.id ?? null, currency, amount: hold.amount };
  }
  const event = { eventId: "", source: "", occurredAt: ctx.now, times: ONE, subscriptionRef, ...hold.event };
  const rated = rateUsage(state, { type: "record_usage", ...event }, ctx);
  if (typeof rated === "string") return new BillingError("RES_002", `The event would not count: ${rated}`);
  assert(!("needs" in rated), "the present is never settled");
  const { subscription, delta } = rated;
  const amount = compareExact(delta, ZERO) > 0 ? delta : ZERO;
  return { subscriptionId: subscription.id, currency: subscription.currency, amount };
}

/**
 * Records the event and ends the reservation in one step. The usage has happened: no limit refuses it, and what goes
 * beyond the hold is told. An event that counts already ends the reservation and is not counted again.
 */
function commit(state: CustomerState, command: CommitReservation, ctx: DecisionContext): Outcome {
  const { event, known } = command;
  const held = openReservation(state, command.reservationId, ctx.now);
  if (known === "conflict")
    return refuse(new BillingError("RES_002", "An event of this id has been recorded with other content"));
  if (known === "duplicate") {
    const ended = held === undefined ? [] : [endedFact(held, "committed", ctx, event.event_id, ZERO)];
    return accept(ended, () => ({
      id: command.reservationId,
      customer_id: state.customerId,
      status: "committed",
      event: { event_id: event.event_id, status: "duplicate" },
    }));
  }
  if (held === undefined) return refuse(notOpen());
  const named = event.subscription_id === undefined ? null : findSubscription(state, event.subscription_id);
  if (named !== null && held.subscriptionId !== null && named?.id !== held.subscriptionId)
    return refuse(invalid("event.subscription_id", "is not the one budget is held for"));
  const outcome = recordUsage(
    state,
    {
      type: "record_usage",
      eventId: event.event_id,
      source: event.source ?? "",
      eventType: event.event_type,
      subscriptionRef: event.subscription_id ?? held.subscriptionId,
      occurredAt: command.occurredAt ?? ctx.now,
      properties: event.properties,
      times: ONE,
    },
    ctx,
    true,
  );
  if (outcome.kind === "orphaned")
    return refuse(new BillingError("RES_002", `The event does not count: ${outcome.reason}`));
  if (outcome.kind !== "facts") return outcome;
  const usage = outcome.facts.find((fact) => fact.type === "usage_recorded");
  assert(usage?.type === "usage_recorded", "an accepted event is recorded");
  if (usage.currency !== held.currency)
    return refuse(
      new BillingError("RES_002", `The event is charged in ${usage.currency}, held is ${held.currency}`),
    );
  const beyond = subExact(decimal(usage.charge), held.amount);
  const excess = compareExact(beyond, ZERO) > 0 ? beyond : ZERO;
  return accept([...outcome.facts, endedFact(held, "committed", ctx, event.event_id, excess)], () => ({
    ...reservationDocument(state.customerId, held, "committed"),
    cost: usage.charge,
    excess: formatExact(excess),
    event: { event_id: event.event_id, status: "applied" },
  }));
}

function endedFact(
  { id }: Reservation,
  reason: ReservationEnded["reason"],
  { now }: DecisionContext,
  eventId?: string,
  excess?: Exact,
): ReservationEnded {
  const ended = { type: "reservation_ended", at: now, reservation_id: id, reason } as const;
  if (eventId === undefined || excess === undefined) return ended;
  return { ...ended, event_id: eventId, excess: formatExact(excess) };
}

/** Told apart from what never was only by whoever asks. */
function notOpen(): BillingError {
  return new BillingError("RES_001", "No such reservation is open: it has ended, or never was");
}
