import { limits } from "../src/limits.ts";
import type { Membership } from "../src/ports/membership.ts";
import type { Say } from "./say.ts";
import type { Services } from "./services.ts";

/**
 * Owns what the membership says, from now on. Whoever comes to lead the installation takes up what a stop cut short.
 * Resolves once the first partitions are owned; throws DEP_001 where that cannot be.
 *
 * @returns how to give everything back
 */
export async function own(
  services: Services,
  membership: Membership,
  say: Say,
): Promise<() => Promise<void>> {
  const { shard, peering } = services;
  const address = peering?.server.address ?? null;
  let started = false;
  let ended = false;
  const assigned = async (partitions: readonly number[]): Promise<void> => {
    const led = shard.leads;
    for (let attempt = 0; !ended; attempt++) {
      try {
        await shard.own(partitions, address);
        break;
      } catch (error) {
        if (!started) throw error;
        if (attempt === 0)
          say(`partitions wait for the store: ${error instanceof Error ? error.message : error}`);
        await Bun.sleep(Math.min(limits.storeRetryMsMax, 50 * 2 ** Math.min(attempt, 10)));
      }
    }
    if (shard.leads && !led) lead(services, say, () => ended);
  };
  await shard.start(() => membership.isCurrent());
  try {
    await membership.join(assigned);
  } catch (error) {
    await shard.stop();
    throw error;
  }
  started = true;
  return async () => {
    ended = true;
    await membership.leave();
    await shard.stop();
  };
}

/** What one process of an installation does when it comes to be the one. */
function lead(services: Services, say: Say, hasEnded: () => boolean): void {
  void services.orphanRecovery.start().catch((error) => say(`orphan events are not tried again: ${error}`));
  void (async () => {
    for (let attempt = 0; !hasEnded() && services.shard.leads; attempt++) {
      try {
        return await services.clockAdvance.resume();
      } catch (error) {
        if (attempt === 0) say(`a test clock could not be advanced yet: ${error}`);
        await Bun.sleep(limits.storeRetryMsMax);
      }
    }
  })();
}
