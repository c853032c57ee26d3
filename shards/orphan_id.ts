import { derivedId } from "../src/ids.ts";
import type { LoggedEvent } from "./log_record.ts";

/** An orphan event's id. Not of any time: a re-send of the same event finds the same orphan. */
export function orphanId({
  companyId,
  customerRef,
  event,
}: Pick<LoggedEvent, "companyId" | "customerRef" | "event">): string {
  return derivedId("orph", 0, companyId, customerRef, event.source ?? "", event.event_id);
}
