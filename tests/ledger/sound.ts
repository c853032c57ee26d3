import { breachLine } from "../../shards/ledger_breach.ts";
import type { Services } from "../../shards/services.ts";

/**
 * Throws where an identity of the ledger does not hold. Every fixture that runs the whole program asks when it ends,
 * so that whatever a test did, the books are right after it.
 */
export async function expectSoundLedger({ ledgerAuditor }: Pick<Services, "ledgerAuditor">): Promise<void> {
  const { breaches, unsettled } = await ledgerAuditor.all();
  const trouble = [...breaches.map(breachLine), ...unsettled.map((id) => `${id} did not stand still`)];
  if (trouble.length > 0) throw new Error(`the ledger is not sound:\n${trouble.join("\n")}`);
}
