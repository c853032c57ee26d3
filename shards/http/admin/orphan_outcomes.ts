import { identityDigest, type UsageEvent } from "../../../src/metering/usage_event.ts";
import { decimal } from "../../../src/money/decimal.ts";
import { readJson } from "../../../src/money/json.ts";
import { addExact, type Exact, formatExact } from "../../../src/money/ratio.ts";
import type { OrphanRow } from "../../../src/ports/shard_store.ts";
import type { IngestResult } from "../../ingest.ts";
import { previewOrphan } from "../../orphan_preview.ts";
import { type Offer, offered } from "../../orphan_recovery.ts";
import type { Services } from "../../services.ts";
import type { Context } from "../route.ts";

type Caller = Pick<Context<unknown, unknown, object>, "principal" | "now">;

/** What became of one event, or with a dry run would: why it stays, and what it adds to usage. */
interface Outcome {
  readonly id: string;
  readonly event_id: string;
  readonly status: "recovered" | "discarded" | "open";
  readonly reason?: string;
  readonly amount?: string;
  readonly currency?: string;
}

/** Discards events, or says what that would do. */
export async function endAll(
  services: Services,
  { principal, now }: Caller,
  orphans: readonly OrphanRow[],
  note: string,
  isDry: boolean,
) {
  const outcomes: Outcome[] = [];
  for (const orphan of orphans) {
    const ending = { by: principal.id, note, at: now };
    const ended = isDry || (await services.orphans.discard(principal.companyId, orphan.id, ending));
    outcomes.push({ ...named(orphan), status: ended ? "discarded" : "open" });
  }
  return summary(outcomes, []);
}

/** Offers events again, or says what each would cost, one by one, none knowing of the others. */
export async function tryAll(
  services: Services,
  { principal: { companyId } }: Caller,
  orphans: readonly OrphanRow[],
  offer: Offer,
  isForeign: (orphan: OrphanRow) => boolean,
  isDry: boolean,
) {
  const own = orphans.filter((orphan) => !isForeign(orphan));
  const charges: Charge[] = [];
  const outcomes: Outcome[] = [];
  const verdicts =
    isDry || own.length === 0 ? [] : await services.orphanRecovery.offer(companyId, own, offer);
  for (const orphan of orphans) {
    const index = own.indexOf(orphan);
    const verdict = verdicts[index];
    if (index < 0) {
      outcomes.push({ ...named(orphan), status: "open", reason: "other_customer" });
      continue;
    }
    const result =
      verdict === undefined
        ? await wouldBe(services, orphan, offer)
        : await became(services, orphan, verdict);
    if (typeof result === "string") {
      outcomes.push({ ...named(orphan), status: "open", reason: result });
      continue;
    }
    if (result === null) {
      outcomes.push({ ...named(orphan), status: "recovered" });
      continue;
    }
    charges.push(result);
    const { charge, currency } = result;
    outcomes.push({ ...named(orphan), status: "recovered", amount: formatExact(charge), currency });
  }
  return summary(outcomes, charges);
}

interface Charge {
  readonly charge: Exact;
  readonly currency: string;
}

async function wouldBe(services: Services, orphan: OrphanRow, offer: Offer): Promise<Charge | string> {
  const logged = offered(orphan, offer);
  const known = await services.refs.resolve(orphan.companyId, [logged.customerRef]);
  const customerRef = known.get(logged.customerRef)?.id;
  if (customerRef === undefined) return "no_customer";
  const preview = await previewOrphan(services, { ...logged, customerRef });
  return "reason" in preview ? preview.reason : preview;
}

/** What an event that was offered again added; null for one that had counted before, a text for one that stays. */
async function became(
  services: Services,
  orphan: OrphanRow,
  { status, reason, code, customerId }: IngestResult,
): Promise<Charge | string | null> {
  if (status === "duplicate") return null;
  if (status !== "applied" || customerId === undefined) return reason ?? code ?? status;
  const event = eventOf(orphan);
  const digest = identityDigest(orphan.companyId, customerId, event.source ?? "", event.event_id);
  const stored = (await services.documents.usageEvent(orphan.companyId, customerId, digest))?.event ?? null;
  return stored === null ? null : { charge: decimal(stored.charge), currency: stored.currency };
}

function named(orphan: OrphanRow): { id: string; event_id: string } {
  return { id: orphan.id, event_id: eventOf(orphan).event_id };
}

function eventOf({ event }: OrphanRow): UsageEvent {
  return readJson(event) as UsageEvent;
}

function summary(outcomes: readonly Outcome[], charges: readonly Charge[]) {
  const left: Record<string, number> = {};
  for (const { status, reason } of outcomes)
    if (status === "open" && reason !== undefined) left[reason] = (left[reason] ?? 0) + 1;
  const sums = new Map<string, Exact>();
  for (const { charge, currency } of charges) {
    const sum = sums.get(currency);
    sums.set(currency, sum === undefined ? charge : addExact(sum, charge));
  }
  const count = (status: Outcome["status"]): number => outcomes.filter((o) => o.status === status).length;
  return {
    recovered: count("recovered"),
    discarded: count("discarded"),
    left,
    amounts: [...sums].map(([currency, sum]) => ({ currency, amount: formatExact(sum) })),
    events: outcomes,
  };
}
