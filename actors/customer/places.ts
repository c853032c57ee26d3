import { periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import { settledPeriod } from "./settled.ts";
import {
  type PeriodRef,
  type PeriodState,
  type PhaseState,
  periodAround,
  periodOf,
  phaseAt,
  type SubscriptionState,
} from "./subscription_state.ts";

/** Where an instant falls on one track of a subscription. */
export interface Place extends PeriodRef {
  /** The period in memory; undefined where it is still to be opened, or settled and not looked up. */
  readonly period: PeriodState | undefined;
  readonly isSettled: boolean;
}

/**
 * The places of an instant, one on each track of the plan it falls under. Expects an instant not before the start.
 * @param order the number of an event that has been recorded
 */
export function findPlaces(subscription: SubscriptionState, at: Instant, order?: number): Place[] {
  const phase = phaseAt(subscription, at, order);
  const places: Place[] = [];
  for (let track = 0; track < phase.tracks.length; track += 1) {
    const period = periodAround(subscription, phase.n, track, at);
    if (period !== undefined) {
      places.push({ phase: phase.n, track, k: period.k, period, isSettled: false });
      continue;
    }
    const rule = phase.tracks[track]?.rule;
    const k = rule && periodContaining(rule, at)?.k;
    if (k === undefined) continue;
    const isSettled = isPast(phase, track, k);
    const settled = isSettled ? settledPeriod(subscription, phase.n, track, at) : undefined;
    places.push({ phase: phase.n, track, k, period: settled, isSettled });
  }
  return places;
}

/** True where a period after a place has been settled: what carries over from there is to be looked up first. */
export function isSettledAfter(subscription: SubscriptionState, place: PeriodRef): boolean {
  const inMemory = (phase: number, track: number, k: number): boolean =>
    periodOf(subscription, { phase, track, k }) !== undefined;
  return subscription.phases.some((phase) => {
    if (phase.n < place.phase) return false;
    return phase.openK.some((open, track) => {
      if (phase.n === place.phase && track !== place.track) return false;
      const first = phase.tracks[track]?.rule;
      const from = phase.n === place.phase ? place.k + 1 : first && periodContaining(first, phase.start)?.k;
      for (let k = from ?? open; k < open; k++) if (!inMemory(phase.n, track, k)) return true;
      return false;
    });
  });
}

function isPast(phase: PhaseState, track: number, k: number): boolean {
  return k < (phase.openK[track] ?? 0);
}
