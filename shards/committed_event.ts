import type { CommitReservation } from "../actors/customer/reservations/reservation_commands.ts";
import { fingerprint } from "../src/metering/usage_event.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Instant } from "../src/time/instant.ts";
import type { Decided, Surroundings } from "./decider.ts";
import { orphanId } from "./orphan_id.ts";

/** The event that a reservation is committed with, by its identity: it counts once, however it comes. */
export function committedEvent(
  command: CommitReservation,
  key: ActorKey,
  { batch }: Decided,
  around: Surroundings,
): { readonly command: CommitReservation; record(now: Instant): void } {
  const { digest, event } = command;
  const print = fingerprint(event);
  const earlier = batch.identities.get(digest)?.row ?? around.known.get(digest);
  if (earlier?.verdict === "applied" || earlier?.verdict === "voided") {
    const known = earlier.fingerprint === print ? "duplicate" : "conflict";
    return { command: { ...command, known }, record: () => {} };
  }
  return {
    command,
    record: (at) => {
      const { companyId, customerId } = key;
      const seq = batch.usage.at(-1)?.seq ?? 0;
      const row = { companyId, customerId, digest, fingerprint: print, verdict: "applied" as const, seq };
      batch.judge(row, around.known.has(digest));
      if (earlier === undefined) return;
      const id = orphanId({ companyId, customerRef: customerId, event });
      batch.recoveredOrphans.push({ companyId, id, action: "resend", by: null, at });
    },
  };
}
