import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { UsageEvent } from "../src/metering/usage_event.ts";
import { readJson } from "../src/money/json.ts";
import type { OrphanStore } from "../src/ports/orphan_store.ts";
import type { OrphanRow } from "../src/ports/stored_rows.ts";
import type { Ingestion, IngestResult } from "./ingest.ts";
import type { LoggedEvent, Recovery } from "./log_record.ts";
import type { Say } from "./say.ts";

/** How orphan events are to be offered again. */
export interface Offer extends Pick<Recovery, "action" | "by" | "subscriptionId"> {
  /** Whose they become, where nobody knew their customer. */
  readonly customerId?: string;
}

/** An orphan event as it enters the log again. */
export function offered(orphan: OrphanRow, { customerId, ...offer }: Offer): LoggedEvent {
  const event = readJson(orphan.event) as UsageEvent;
  const recovery = { ...offer, orphan: orphan.id, receivedAt: orphan.receivedAt };
  const customerRef = customerId ?? orphan.customerRef;
  return { companyId: orphan.companyId, customerRef, receivedAt: orphan.receivedAt, event, recovery };
}

/**
 * Offers orphan events again: on request, and by itself once the customer, subscription or metric they lack may be
 * there. Each goes through the log like any other event; the commit that counts it ends its being an orphan.
 */
export class OrphanRecovery {
  readonly #store: OrphanStore;
  readonly #ingestion: Pick<Ingestion, "ingest">;
  readonly #say: Say;
  readonly #waiting = new Set<string>();
  #running: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(store: OrphanStore, ingestion: Pick<Ingestion, "ingest">, say: Say) {
    this.#store = store;
    this.#ingestion = ingestion;
    this.#say = say;
  }

  /** One final verdict per orphan event, in order. All are of one company, no more than a request may hold. */
  offer(companyId: string, orphans: readonly OrphanRow[], offer: Offer): Promise<IngestResult[]> {
    const incoming = orphans.map((orphan) => offered(orphan, offer));
    return this.#ingestion.ingest(companyId, incoming, true);
  }

  /** Looks at every company once, for what a stop came between. */
  async start(): Promise<void> {
    for (const companyId of await this.#store.companiesWithOpen()) this.wake(companyId);
  }

  /** Something has come that orphan events of a company may lack; they are tried soon, and the caller goes on. */
  wake(companyId: string): void {
    if (this.#stopped) return;
    this.#waiting.add(companyId);
    if (this.#running === null && this.#timer === null) this.#run();
  }

  /** Ends what is under way; what is left is found at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #run(): void {
    this.#timer = null;
    const companies = [...this.#waiting];
    this.#waiting.clear();
    this.#running = this.#tryAll(companies).finally(() => {
      this.#running = null;
      // A stream of new customers is answered in rounds, not one by one.
      if (this.#waiting.size > 0 && !this.#stopped)
        this.#timer = setTimeout(() => this.#run(), limits.orphanRoundEveryMs);
    });
  }

  async #tryAll(companies: readonly string[]): Promise<void> {
    for (const companyId of companies) {
      try {
        await this.#tryCompany(companyId);
      } catch (error) {
        this.#say(`orphan events of ${companyId} are tried again later: ${error}`);
        this.#waiting.add(companyId);
      }
    }
  }

  async #tryCompany(companyId: string): Promise<void> {
    let after: OrphanRow | null = null;
    while (!this.#stopped) {
      const ripe: OrphanRow[] = await this.#store.ripe(companyId, after, limits.orphansPerRound);
      if (ripe.length > 0) await this.#retry(companyId, ripe);
      after = ripe.at(-1) ?? null;
      if (ripe.length < limits.orphansPerRound) return;
    }
  }

  async #retry(companyId: string, ripe: readonly OrphanRow[]): Promise<void> {
    const verdicts = await this.offer(companyId, ripe, { action: "retry", by: null });
    const away = verdicts.find(({ code }) => code === "DEP_001");
    if (away !== undefined) throw new BillingError("DEP_001", away.msg ?? "The event log is away");
  }
}
