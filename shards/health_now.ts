import { limits } from "../src/limits.ts";
import { type Health, healthOf } from "./http/health.ts";
import type { Services } from "./services.ts";

/** Asks what the program stands on, each within a bounded wait. */
export async function healthNow(services: Services): Promise<Health> {
  const asks = asksOf(services);
  const [database, cache, broker, ledger, analytics] = await Promise.all([
    answers(asks.database),
    answers(asks.cache),
    answers(asks.broker),
    answers(asks.ledger),
    asks.analytics === null ? null : answers(asks.analytics),
  ]);
  const answered = { database, cache, message_broker: broker, ledger };
  return healthOf(analytics === null ? answered : { ...answered, analytics });
}

const known = new WeakMap<Services, ReturnType<typeof newAsks>>();

function asksOf(services: Services): ReturnType<typeof newAsks> {
  const asks = known.get(services) ?? newAsks(services);
  known.set(services, asks);
  return asks;
}

function newAsks(services: Services) {
  const { analytics } = services;
  return {
    database: shared(services.pingDatabase),
    cache: shared(services.cacheServer.ping),
    broker: shared(() => services.log.endOffset(0)),
    ledger: shared(() => services.ledger.ping()),
    analytics: analytics === null ? null : shared(() => analytics.ping()),
  };
}

/** Whoever asks while a question is under way shares its answer: however often, a silent engine is asked once. */
function shared(ask: () => Promise<unknown>): () => Promise<unknown> {
  let underWay: { readonly answer: Promise<unknown>; readonly since: number } | null = null;
  return () => {
    // One that is never answered, as its connection went, must not hide that the engine is back.
    const overdue = underWay !== null && performance.now() - underWay.since > limits.healthAskedAgainMs;
    if (underWay !== null && !overdue) return underWay.answer;
    const asked = { answer: ask(), since: performance.now() };
    underWay = asked;
    const done = (): void => {
      if (underWay === asked) underWay = null;
    };
    asked.answer.then(done, done);
    return asked.answer;
  };
}

async function answers(question: () => Promise<unknown>): Promise<"ok" | "down"> {
  const late = Bun.sleep(limits.healthWaitMsMax).then(() => "down" as const);
  const told = question().then(
    () => "ok" as const,
    () => "down" as const,
  );
  return Promise.race([told, late]);
}
