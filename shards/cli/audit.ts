import type { Config } from "../../src/config.ts";
import { type Finding, fine, wanting } from "../../src/ports/probe.ts";
import { openCurrentDatabase, openRemoteLedger } from "../engines.ts";
import type { AuditReport } from "../ledger_auditor.ts";
import { breachLine } from "../ledger_breach.ts";
import { wireAuditor } from "../wiring.ts";

/** More would bury the first, which often explains the others. */
const BREACHES_TOLD = 20;

/** Audits all of it: every identity of every ledger, customers rebuilt from what is stored. */
export async function auditLedger(config: Config): Promise<readonly Finding[]> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const database = await openCurrentDatabase(config);
    closers.push(() => database.close());
    if (!database.isCurrent) return [fine("is not audited: the schema is not this release's")];
    const remote = await openRemoteLedger(config);
    if (remote !== null) {
      closers.push(() => remote.close());
      await remote.ledger.ping();
    }
    const { auditor, close } = await wireAuditor(database.url, remote?.ledger ?? null);
    closers.push(close);
    return told(await auditor.all());
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function told({ ledgers, customers, breaches, unsettled }: AuditReport): readonly Finding[] {
  if (breaches.length > 0) {
    const lines = breaches.slice(0, BREACHES_TOLD).map((breach) => `\n      ${breachLine(breach)}`);
    const advice = "Keep the data as it is, and report this: books that differ are a fault of BillAI's.";
    return [wanting("fail", `${breaches.length} identities do not hold:${lines.join("")}`, advice)];
  }
  const rest = unsettled.length === 0 ? "" : `, ${unsettled.length} were busy and not looked at`;
  return [fine(`${ledgers} ledgers and ${customers} customers audited${rest}: every identity holds`)];
}
