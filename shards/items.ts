import type { OrphanReason } from "../actors/actor.ts";
import type { ErrorCode } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { EventLog, LogRecord } from "../src/ports/event_log.ts";
import type { ActorKey, PartitionCursor } from "../src/ports/stored_rows.ts";
import type { QueuedCommand } from "./inbox.ts";
import { decodeRecord, type LoggedEvent, type Unreadable } from "./log_record.ts";
import { readOutsideRecord } from "./outside_record.ts";

/** A position in a partition of the log: a record and the next event within it. */
export interface Position {
  readonly offset: number;
  readonly index: number;
}

/** How one usage event ended. */
export interface Verdict {
  readonly event_id: string;
  /** `accepted`: durable, and on its way to where it belongs. */
  readonly status: "accepted" | "applied" | "duplicate" | "conflict" | "orphaned" | "refused" | "rejected";
  readonly reason?: OrphanReason;
  readonly code?: ErrorCode;
  readonly msg?: string;
  /** The customer this belongs to, for telling its spend; null when nobody has it. */
  readonly customerId?: string;
}

/** One thing a batch decides: an event of the log or a command. */
export type Item =
  | {
      readonly kind: "event";
      readonly at: Position;
      readonly next: Position;
      readonly logged: LoggedEvent | Unreadable | { readonly moved: string } | { readonly nothing: true };
    }
  | { readonly kind: "command"; readonly queued: QueuedCommand };

/** Events of a partition from the cursor on, bounded by limits, each knowing the position after it. */
export async function readEvents(log: EventLog, cursor: PartitionCursor): Promise<Item[]> {
  const records = await log.read(cursor.partition, cursor.nextOffset, {
    records: limits.batchRecordsMax,
    bytes: limits.batchBytesMax,
  });
  const items: Item[] = [];
  for (const record of records) {
    const events = contentOf(record);
    const from = record.offset === cursor.nextOffset ? cursor.nextIndex : 0;
    for (const [index, logged] of events.entries()) {
      if (index < from) continue;
      const last = index === events.length - 1;
      const next = last
        ? { offset: record.offset + 1, index: 0 }
        : { offset: record.offset, index: index + 1 };
      items.push({ kind: "event", at: { offset: record.offset, index }, next, logged });
      if (items.length >= limits.batchEventsMax) return items;
    }
  }
  return items;
}

function contentOf({ bytes, origin }: LogRecord): (LoggedEvent | Unreadable | { readonly nothing: true })[] {
  if (origin === undefined) return decodeRecord(bytes);
  return [origin.by === "log" ? { nothing: true } : readOutsideRecord(bytes, origin)];
}

/** The usage event an item carries, if it carries a readable one that is decided here. */
export function eventOf(item: Item): LoggedEvent | null {
  return item.kind === "event" && "event" in item.logged ? item.logged : null;
}

/** A void reads what is committed, so it is decided by itself. */
export function voidsApart(items: readonly Item[]): (readonly Item[])[] {
  const parts: Item[][] = [[]];
  for (const item of items) {
    const isVoid = item.kind === "command" && item.queued.command.type === "void_usage";
    if (isVoid) parts.push([item], []);
    else parts.at(-1)?.push(item);
  }
  return parts.length === 1 ? parts : parts.filter((part) => part.length > 0);
}

/** The actor an item is for; none for a record that is only passed over. */
export function keyOf(item: Item): ActorKey | null {
  if (item.kind === "command") return item.queued.key;
  const logged = eventOf(item);
  return logged === null ? null : { companyId: logged.companyId, customerId: logged.customerRef };
}

/** Where the log stands after these items: events come before commands, in order. */
export function positionAfter(items: readonly Item[], cursor: PartitionCursor): Position {
  const last = items.findLast((item) => item.kind === "event");
  return last?.kind === "event" ? last.next : { offset: cursor.nextOffset, index: cursor.nextIndex };
}
