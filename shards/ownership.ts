import { limits } from "../src/limits.ts";
import type { Membership } from "../src/ports/membership.ts";
import type { Say } from "./say.ts";
import type { Services } from "./services.ts";

/**
 * Owns what the membership says, from now on. Whoever comes to lead the installation takes up what a stop cut short.
 * Resolves once the first partitions are owned; throws where those cannot be, such as DEP_001 for another log's store.
 *
 * @returns how to give everything back, which may be called again
 */
export async function own(
  services: Services,
  membership: Membership,
  say: Say,
): Promise<() => Promise<void>> {
  const { shard, peering } = services;
  const address = peering?.server.address ?? null;
  const refused = Promise.withResolvers<never>();
  let started = false;
  let ending: Promise<void> | null = null;
  const end = (): Promise<void> => {
    ending ??= membership.leave().then(() => shard.stop());
    return ending;
  };
  const assigned = async (partitions: readonly number[]): Promise<void> => {
    const led = shard.leads;
    try {
      await shard.own(partitions, address);
    } catch (error) {
      if (!started) refused.reject(error);
      throw error; // the membership gives everything back and tries again
    }
    if (shard.leads && !led) lead(services, say, () => ending !== null);
  };
  const isStillOurs = async (partitions: readonly number[]): Promise<boolean> => {
    const owners = new Map((await services.store.owners()).map((owner) => [owner.partition, owner.address]));
    return partitions.every((partition) => owners.get(partition) === address);
  };
  await shard.start(() => membership.isCurrent());
  try {
    await Promise.race([membership.join(assigned, isStillOurs), refused.promise]);
  } catch (error) {
    await end();
    throw error;
  }
  started = true;
  return end;
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
