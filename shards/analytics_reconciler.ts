import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { decimal } from "../src/money/decimal.ts";
import { compareExact } from "../src/money/ratio.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { FedUsage, UsageAnalytics } from "../src/ports/usage_analytics.ts";
import type { UsageFeed } from "../src/ports/usage_feed.ts";
import type { UsageHour, UsageTotals } from "../src/ports/usage_totals.ts";
import type { Instant } from "../src/time/instant.ts";
import type { AnalyticsFeed } from "./analytics_feed.ts";
import type { Say } from "./say.ts";
import type { Services } from "./services.ts";

const hourMs = 3_600_000;

interface ReconcilerParts {
  readonly feed: UsageFeed;
  readonly feeding: Pick<AnalyticsFeed, "drain" | "asOf" | "mend">;
  readonly analytics: UsageAnalytics;
  readonly totals: UsageTotals;
  readonly clock: Clock;
  readonly say: Say;
}

/** An hour in which analytics does not have what the store has. */
export interface Difference {
  readonly companyId: string;
  readonly hour: Instant;
  readonly stored: readonly UsageHour[];
  readonly projected: readonly UsageHour[];
}

/**
 * Compares analytics with the store, company by company and hour by hour, and feeds again what differs. Only hours at
 * rest are compared, which the store has alike before analytics is looked at and after; and only what differs twice is
 * believed.
 */
export class AnalyticsReconciler {
  readonly #parts: ReconcilerParts;
  #stopping = false;
  /** The company compared last: a round that was broken off goes on with the next. */
  #after: string | null = null;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Ends a round after what is under way; the next goes on from there. */
  stop(): void {
    this.#stopping = true;
  }

  /** The companies left of a round, some hours at a time; what differs is mended before it is told. */
  async *rounds(): AsyncGenerator<readonly Difference[]> {
    await this.#parts.totals.refresh(this.#parts.clock.now());
    for (;;) {
      const [companyId] = await this.#parts.feed.companies(this.#after, 1);
      this.#after = companyId ?? null;
      if (companyId === undefined) return;
      const span = await this.#parts.totals.span(companyId);
      if (span === null) continue;
      const step = limits.reconcileHours * hourMs;
      for (let from = span.first; from <= span.last; from += step)
        yield await this.#compare(companyId, from, from + step);
    }
  }

  async #compare(companyId: string, from: Instant, to: Instant): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (const { hour } of await this.#differing(companyId, from, to)) {
      if (found.length === limits.reconcileRepairsMax || this.#stopping) break;
      const [difference] = await this.#differing(companyId, hour, hour + hourMs);
      if (difference === undefined) continue;
      await this.#mend(difference);
      found.push(difference);
    }
    return found;
  }

  /** In halves where it is too much at once. */
  async #differing(companyId: string, from: Instant, to: Instant): Promise<Difference[]> {
    try {
      return await this.#look(companyId, from, to);
    } catch (error) {
      if (!(error instanceof BillingError) || error.code !== "RES_002") throw error;
      const hours = Math.floor((to - from) / hourMs);
      if (hours < 2) return []; // an hour with more than thousands of event types is left as it is
      const middle = from + Math.floor(hours / 2) * hourMs;
      return [
        ...(await this.#differing(companyId, from, middle)),
        ...(await this.#differing(companyId, middle, to)),
      ];
    }
  }

  async #look(companyId: string, from: Instant, to: Instant): Promise<Difference[]> {
    const { analytics, totals, clock } = this.#parts;
    const readStored = async () => {
      await totals.refresh(clock.now());
      return byHour(await totals.usageByHour(companyId, null, from, to));
    };
    const before = await readStored();
    if (!(await this.#hasAll(clock.now()))) return [];
    const projected = byHour(await analytics.hours(companyId, from, to));
    const after = await readStored();
    return [...new Set([...after.keys(), ...projected.keys()])]
      .toSorted((a, b) => a - b)
      .map((hour) => {
        const [stored = [], shown = [], earlier = []] = [after, projected, before].map((all) =>
          all.get(hour),
        );
        return { companyId, hour, stored, projected: shown, earlier };
      })
      .filter(({ stored, earlier }) => isSame(stored, earlier))
      .filter(({ stored, projected: shown }) => !isSame(stored, shown))
      .map(({ earlier: _, ...difference }) => difference);
  }

  /** Waits a little for what was committed until then to be there, whichever process is to feed it. */
  async #hasAll(until: Instant): Promise<boolean> {
    const { feeding } = this.#parts;
    for (let looks = 0; looks < limits.reconcileLooksMax; looks++) {
      if (looks > 0) await new Promise((resolve) => setTimeout(resolve, limits.reconcileLookEveryMs));
      await feeding.drain();
      if (feeding.asOf !== null && feeding.asOf >= until) return true;
    }
    return false;
  }

  async #mend(difference: Difference): Promise<void> {
    const { feeding, analytics, say } = this.#parts;
    const { companyId, hour, stored, projected } = difference;
    say(
      `analytics had ${told(projected)} of ${companyId} in the hour from ${new Date(hour).toISOString()}, ` +
        `and the store ${told(stored)}: the hour is fed again`,
    );
    // What was lost comes back by this alone, and meanwhile nothing else is missing.
    await this.#feedAgain(difference);
    const [still] = await this.#differing(companyId, hour, hour + hourMs);
    if (still === undefined) return;
    await feeding.mend(async () => {
      await analytics.remove(companyId, hour, hour + hourMs);
      await this.#feedAgain(difference);
    });
  }

  async #feedAgain({ companyId, hour }: Difference): Promise<void> {
    const { feed, analytics } = this.#parts;
    for (let after: FedUsage | null = null; ; ) {
      const rows = await feed.usageOf(companyId, hour, hour + hourMs, after, limits.feedRowsMax);
      // A token of its own each time: under one that is known already it would be passed over.
      if (rows.length > 0) await analytics.append({ token: `again ${crypto.randomUUID()}`, rows });
      after = rows.at(-1) ?? null;
      if (rows.length < limits.feedRowsMax) return;
    }
  }
}

/** Feeds analytics, if there is one, and compares it with the store. Returns how to end both. */
export function startAnalytics(services: Services, say: Say, isDue: () => boolean): () => Promise<void> {
  const { analytics, analyticsFeed: feeding, usageFeed: feed, usageTotals: totals, clock } = services;
  if (analytics === null || feeding === null) return async () => {};
  feeding.start();
  const end = keepReconciling(
    new AnalyticsReconciler({ feed, feeding, analytics, totals, clock, say }),
    isDue,
  );
  return async () => {
    await end();
    await feeding.stop();
  };
}

/** Compares as long as the process runs, with rests in between. Returns how to end it. */
function keepReconciling(reconciler: AnalyticsReconciler, isDue: () => boolean): () => Promise<void> {
  let stopping = false;
  let endRest = (): void => {};
  const rest = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limits.reconcileEveryMs);
    endRest = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  };
  const once = async (): Promise<void> => {
    for await (const _ of reconciler.rounds()) {
      if (!stopping) await rest();
      if (stopping || !isDue()) return;
    }
  };
  const running = (async () => {
    while (!stopping) {
      await rest();
      // An engine being away is told by the feed: the next round comes.
      if (!stopping && isDue()) await once().catch(() => {});
    }
  })();
  return async () => {
    stopping = true;
    reconciler.stop();
    endRest();
    await running;
  };
}

function byHour(totals: readonly UsageHour[]): Map<Instant, UsageHour[]> {
  return Map.groupBy(totals, ({ hour }) => hour);
}

/** For people: how many events, and what they were charged. */
function told(totals: readonly UsageHour[]): string {
  const events = totals.reduce((sum, one) => sum + one.events, 0);
  const charges = totals.map(({ charge, currency }) => `${charge} ${currency}`);
  return `${events} events${charges.length === 0 ? "" : ` (${charges.slice(0, 5).join(", ")})`}`;
}

function isSame(some: readonly UsageHour[], others: readonly UsageHour[]): boolean {
  if (some.length !== others.length) return false;
  const named = new Map(others.map((one) => [`${one.eventType}|${one.currency}`, one]));
  return some.every((one) => {
    const other = named.get(`${one.eventType}|${one.currency}`);
    return (
      other !== undefined &&
      other.events === one.events &&
      compareExact(decimal(other.charge), decimal(one.charge)) === 0
    );
  });
}
