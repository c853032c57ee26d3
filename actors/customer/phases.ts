import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { planIn } from "../../src/subscriptions/plan_in_currency.ts";
import { type PriceOverride, withOverrides } from "../../src/subscriptions/price_override.ts";
import type { Proration, SeatChange } from "../../src/subscriptions/proration.ts";
import { tracksOf } from "../../src/subscriptions/tracks.ts";
import { periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { PhaseState, SubscriptionState } from "./subscription_state.ts";

/** What is stored of a phase; the rest follows from the catalog. */
export type StoredPhase = Omit<PhaseState, "plan" | "tracks">;

/** A phase with its plan version and tracks resolved. Fails loudly on a plan the catalog does not have. */
export function resolvedPhase(
  of: Pick<SubscriptionState, "currency" | "anchor" | "timezone">,
  stored: StoredPhase,
  catalog: Catalog,
): PhaseState {
  const version = catalog.plan(stored.planId, stored.planVersion);
  assert(version !== null, "a subscription's plan version is in the catalog");
  const plan = withOverrides(planIn(version, of.currency), stored.overrides);
  const { anchor, timezone } = of;
  return { ...stored, plan, tracks: tracksOf(plan, { start: stored.origin, anchor, timezone }) };
}

/** A phase that begins: its first period on each track is the one its start falls in. */
export function newPhase(
  of: Pick<SubscriptionState, "currency" | "anchor" | "timezone">,
  begin: {
    readonly n: number;
    readonly planId: string;
    readonly planVersion: number;
    readonly overrides: readonly PriceOverride[];
    readonly start: Instant;
    readonly since: number;
    readonly origin: Instant;
    readonly seats: SeatChange[];
    readonly startProration: Proration;
  },
  catalog: Catalog,
): PhaseState {
  const open = { end: null, endProration: "second", unused: "credit", carriesUsage: false } as const;
  const phase = resolvedPhase(of, { ...begin, ...open, openK: [] }, catalog);
  phase.openK = phase.tracks.map(({ rule }) => periodContaining(rule, begin.start)?.k ?? 0);
  return phase;
}
