import { BillingError } from "../../src/errors.ts";
import type { LogEntry } from "../../src/ports/event_log.ts";

/** Entries for the log as they travel between processes: each its partition and length, 32 bits each, and its bytes. */
export function packEntries(entries: readonly LogEntry[]): Uint8Array {
  const packed = new Uint8Array(entries.reduce((sum, { bytes }) => sum + 8 + bytes.length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { partition, bytes } of entries) {
    view.setUint32(at, partition);
    view.setUint32(at + 4, bytes.length);
    packed.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  return packed;
}

/** Reads what `packEntries` wrote. Throws VAL_001 where it is cut off. */
export function unpackEntries(packed: Uint8Array): LogEntry[] {
  const entries: LogEntry[] = [];
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  for (let at = 0; at < packed.length; ) {
    const end = at + 8 <= packed.length ? at + 8 + view.getUint32(at + 4) : Number.POSITIVE_INFINITY;
    if (end > packed.length) throw new BillingError("VAL_001", "Entries of another process end too early");
    entries.push({ partition: view.getUint32(at), bytes: packed.subarray(at + 8, end) });
    at = end;
  }
  return entries;
}
