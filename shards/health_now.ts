import { limits } from "../src/limits.ts";
import { type Health, healthOf } from "./http/health.ts";
import type { Services } from "./services.ts";

/** Asks what the program stands on, each within a bounded wait. */
export async function healthNow(services: Services): Promise<Health> {
  const { analytics } = services;
  const [database, cache, broker, ledger, reports] = await Promise.all([
    answers(services.pingDatabase()),
    answers(services.cacheServer.ping()),
    answers(services.log.endOffset(0)),
    answers(services.ledger.ping()),
    analytics === null ? null : answers(analytics.ping()),
  ]);
  const known = { database, cache, message_broker: broker, ledger };
  return healthOf(reports === null ? known : { ...known, analytics: reports });
}

async function answers(question: Promise<unknown>): Promise<"ok" | "down"> {
  const late = Bun.sleep(limits.healthWaitMsMax).then(() => "down" as const);
  const told = question.then(
    () => "ok" as const,
    () => "down" as const,
  );
  return Promise.race([told, late]);
}
