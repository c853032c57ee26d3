import { limits } from "../src/limits.ts";
import type { LedgerAuditor } from "./ledger_auditor.ts";
import { breachLine } from "./ledger_breach.ts";
import type { Say } from "./say.ts";

/**
 * Audits the ledger as long as the process runs, a few customers at a time with rests between them. Says every breach
 * once. Returns how to end it.
 *
 * @param isDue whether it is this process's turn: one of an installation is enough
 */
export function keepAuditing(auditor: LedgerAuditor, warn: Say, isDue: () => boolean): () => Promise<void> {
  const told = new Set<string>();
  let stopping = false;
  let endRest = (): void => {};
  const rest = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limits.auditEveryMs);
    endRest = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  };
  const once = async (): Promise<void> => {
    for await (const { breaches } of auditor.rounds()) {
      for (const line of breaches.map(breachLine)) {
        if (!told.has(line)) warn(line);
        if (told.size < limits.auditBreachesMax) told.add(line);
      }
      if (!stopping) await rest();
      if (stopping) return;
    }
  };
  const running = (async () => {
    while (!stopping) {
      await rest();
      // The store or the ledger being away is told elsewhere: the next round comes.
      if (!stopping && isDue()) await once().catch(() => {});
    }
  })();
  return async () => {
    stopping = true;
    endRest();
    await running;
  };
}
