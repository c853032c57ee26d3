import { limits } from "../src/limits.ts";
import { type Health, healthOf } from "./http/health.ts";
import type { Services } from "./services.ts";

/** Asks what the program stands on, each within a bounded wait. */
export async function healthNow(services: Services): Promise<Health> {
  const [database, cache, broker, ledger] = await Promise.all([
    answers(services.pingDatabase()),
    answers(services.cacheServer.ping()),
    answers(services.log.endOffset(0)),
    answers(services.ledger.ping()),
  ]);
  return healthOf({ database, cache, message_broker: broker, ledger });
}

async function answers(question: Promise<unknown>): Promise<"ok" | "down"> {
  const late = Bun.sleep(limits.healthWaitMsMax).then(() => "down" as const);
  const told = question.then(
    () => "ok" as const,
    () => "down" as const,
  );
  return Promise.race([told, late]);
}
