import { fingerprint, identityDigest, type UsageEvent } from "../../../src/metering/usage_event.ts";
import { decimal } from "../../../src/money/decimal.ts";
import { readJson } from "../../../src/money/json.ts";
import { addExact, type Exact, formatExact } from "../../../src/money/ratio.ts";
import type { OrphanRow } from "../../../src/ports/stored_rows.ts";
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
  /** One that is refused is open as well: a limit stands against it. */
  readonly status: "recovered" | "discarded" | "refused" | "open";
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
  const verdicts =
    isDry || own.length === 0 ? [] : await services.orphanRecovery.offer(companyId, own, offer);
  const results = new Map<OrphanRow, Result>();
  for (const [index, orphan] of own.entries()) {
    const verdict = verdicts[index];
    const result =
      verdict === undefined ? wouldBe(services, orphan, offer) : became(services, orphan, verdict);
    results.set(orphan, await result);
  }
  const charges: Charge[] = [];
  const outcomes = orphans.map((orphan): Outcome => {
    const result = results.get(orphan) ?? { status: "open", reason: "other_customer" };
    if (!("charge" in result)) return { ...named(orphan), ...result };
    charges.push(result);
    const { charge, currency } = result;
    return { ...named(orphan), status: "recovered", amount: formatExact(charge), currency };
  });
  return summary(outcomes, charges);
}

interface Charge {
  readonly charge: Exact;
  readonly currency: string;
}

/** What an event adds; or that it had counted before, or why it stays. */
type Result = Charge | Pick<Outcome, "status" | "reason">;

const counted: Result = { status: "recovered" };

async function wouldBe(services: Services, orphan: OrphanRow, offer: Offer): Promise<Result> {
  const logged = offered(orphan, offer);
  const { companyId, event } = logged;
  const known = await services.refs.resolve(companyId, [logged.customerRef]);
  const customerId = known.get(logged.customerRef)?.id;
  if (customerId === undefined) return { status: "open", reason: "no_customer" };
  const digest = identityDigest(companyId, customerId, event.source ?? "", event.event_id);
  const [before] = await services.store.findIdentities([{ companyId, customerId, digest }]);
  if (before?.verdict === "applied" || before?.verdict === "voided")
    return before.fingerprint === fingerprint(event) ? counted : { status: "open", reason: "conflict" };
  const preview = await previewOrphan(services, { ...logged, customerRef: customerId });
  return "reason" in preview ? { status: "open", reason: preview.reason } : preview;
}

async function became(
  services: Services,
  orphan: OrphanRow,
  { status, reason, code, customerId }: IngestResult,
): Promise<Result> {
  if (status === "duplicate") return counted;
  if (status === "refused") return { status, ...(code === undefined ? {} : { reason: code }) };
  if (status !== "applied" || customerId === undefined)
    return { status: "open", reason: reason ?? code ?? status };
  const event = eventOf(orphan);
  const digest = identityDigest(orphan.companyId, customerId, event.source ?? "", event.event_id);
  const stored = (await services.documents.usageEvent(orphan.companyId, customerId, digest))?.event ?? null;
  return stored === null ? counted : { charge: decimal(stored.charge), currency: stored.currency };
}

function named(orphan: OrphanRow): { id: string; event_id: string } {
  return { id: orphan.id, event_id: eventOf(orphan).event_id };
}

function eventOf({ event }: OrphanRow): UsageEvent {
  return readJson(event) as UsageEvent;
}

function summary(outcomes: readonly Outcome[], charges: readonly Charge[]) {
  const stillOrphaned: Record<string, number> = {};
  for (const { status, reason } of outcomes)
    if (status === "open" && reason !== undefined) stillOrphaned[reason] = (stillOrphaned[reason] ?? 0) + 1;
  const sums = new Map<string, Exact>();
  for (const { charge, currency } of charges) {
    const sum = sums.get(currency);
    sums.set(currency, sum === undefined ? charge : addExact(sum, charge));
  }
  const count = (status: Outcome["status"]): number => outcomes.filter((o) => o.status === status).length;
  return {
    recovered: count("recovered"),
    discarded: count("discarded"),
    still_orphaned: stillOrphaned,
    refused: count("refused"),
    amounts: [...sums].map(([currency, sum]) => ({ currency, amount: formatExact(sum) })),
    events: outcomes,
  };
}
