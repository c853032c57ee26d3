import { limits } from "../src/limits.ts";
import { decimal } from "../src/money/decimal.ts";
import { compareExact } from "../src/money/ratio.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { UsageAnalytics } from "../src/ports/usage_analytics.ts";
import type { UsageFeed } from "../src/ports/usage_feed.ts";
import type { UsageHour, UsageTotals } from "../src/ports/usage_totals.ts";
import type { Instant } from "../src/time/instant.ts";
import type { AnalyticsFeed } from "./analytics_feed.ts";
import type { Say } from "./say.ts";
import type { Services } from "./services.ts";

const hourMs = 3_600_000;

interface ReconcilerParts {
  readonly feed: UsageFeed;
  readonly feeding: Pick<AnalyticsFeed, "drain">;
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
 * Compares analytics with the store, company by company and hour by hour, and feeds again what differs. Hours in which
 * something is committed between the two looks differ for a moment: only what differs twice is believed.
 */
export class AnalyticsReconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** One company after the other, some hours of it at a time; what differs is mended before it is told. */
  async *rounds(): AsyncGenerator<readonly Difference[]> {
    let after: string | null = null;
    for (;;) {
      const [company] = await this.#parts.feed.companies(after, 1);
      if (company === undefined) return;
      const { companyId, first, last } = company;
      for (let from = hourOf(first); from <= last; from += limits.reconcileHours * hourMs) {
        yield await this.#compare(companyId, from, from + limits.reconcileHours * hourMs);
      }
      after = companyId;
    }
  }

  async #compare(companyId: string, from: Instant, to: Instant): Promise<readonly Difference[]> {
    const suspects = await this.#differing(companyId, from, to);
    const found: Difference[] = [];
    for (const { hour } of suspects.slice(0, limits.reconcileRepairsMax)) {
      const [difference] = await this.#differing(companyId, hour, hour + hourMs);
      if (difference === undefined) continue;
      await this.#mend(difference);
      found.push(difference);
    }
    return found;
  }

  async #differing(companyId: string, from: Instant, to: Instant): Promise<Difference[]> {
    const { feeding, analytics, totals, clock } = this.#parts;
    await totals.refresh(clock.now());
    await feeding.drain();
    const [stored, projected] = await Promise.all([
      totals.usageByHour(companyId, null, from, to),
      analytics.hours(companyId, from, to),
    ]);
    const hours = new Set([...stored, ...projected].map(({ hour }) => hour));
    return [...hours]
      .toSorted((a, b) => a - b)
      .map((hour) => {
        const of = (all: readonly UsageHour[]) => all.filter((one) => one.hour === hour);
        return { companyId, hour, stored: of(stored), projected: of(projected) };
      })
      .filter((difference) => !isSame(difference));
  }

  async #mend({ companyId, hour, stored, projected }: Difference): Promise<void> {
    const { feed, analytics, clock, say } = this.#parts;
    const count = (all: readonly UsageHour[]) => all.reduce((sum, { events }) => sum + events, 0);
    say(
      `analytics had ${count(projected)} events of ${companyId} in the hour from ${new Date(hour).toISOString()}, ` +
        `and the store ${count(stored)}: the hour is fed again`,
    );
    await analytics.remove(companyId, hour, hour + hourMs);
    const rows = await feed.hour(companyId, hour, hour + hourMs);
    for (let i = 0; i < rows.length; i += limits.feedRowsMax) {
      const token = `mend:${companyId}:${hour}:${clock.now()}:${i}`;
      await analytics.append({ token, rows: rows.slice(i, i + limits.feedRowsMax) });
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
export function keepReconciling(reconciler: AnalyticsReconciler, isDue: () => boolean): () => Promise<void> {
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
      if (stopping) return;
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
    endRest();
    await running;
  };
}

function hourOf(at: Instant): Instant {
  return Math.floor(at / hourMs) * hourMs;
}

function isSame({ stored, projected }: Difference): boolean {
  if (stored.length !== projected.length) return false;
  const named = new Map(projected.map((one) => [`${one.eventType}|${one.currency}`, one]));
  return stored.every((one) => {
    const other = named.get(`${one.eventType}|${one.currency}`);
    return (
      other !== undefined &&
      other.events === one.events &&
      compareExact(decimal(other.charge), decimal(one.charge)) === 0
    );
  });
}
