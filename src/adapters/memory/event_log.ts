import { assert, BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { EventLog, LogEntry, LogRecord } from "../../ports/event_log.ts";

/** What one record costs beside its bytes, so that a bound in bytes also bounds empty ones. */
const recordOverheadBytes = 64;

/** An event log that lives as long as the process: for tests. */
export function openMemoryEventLog(
  partitionCount: number,
  pendingBytesMax: number = limits.eventLogPendingBytesMax,
): EventLog {
  const partitions = Array.from({ length: partitionCount }, (): LogRecord[] => []);
  const listeners = new Set<(partitions: readonly number[]) => void>();
  let pendingBytes = 0;
  let closed = false;

  function partitionAt(id: number): LogRecord[] {
    const records = partitions[id];
    assert(records !== undefined, `the log has partitions 0 to ${partitionCount - 1}, not ${id}`);
    return records;
  }

  /** Records appear later than the call, as they do with a disk. */
  async function append(entries: readonly LogEntry[]): Promise<number[]> {
    if (closed) throw new BillingError("DEP_001", "The event log is closed");
    for (const { partition } of entries) partitionAt(partition);
    const size = entries.reduce((sum, { bytes }) => sum + bytes.length + recordOverheadBytes, 0);
    if (pendingBytes + size > pendingBytesMax) {
      throw new BillingError("DEP_001", "The event log is busy; try again", { retryAfterS: 1 });
    }
    const copies = entries.map(({ partition, bytes }) => ({ partition, bytes: bytes.slice() }));
    pendingBytes += size;
    await Promise.resolve();
    pendingBytes -= size;
    const offsets = copies.map(({ partition, bytes }) => {
      const records = partitionAt(partition);
      return records.push({ partition, offset: records.length, bytes }) - 1;
    });
    const grown = [...new Set(copies.map(({ partition }) => partition))];
    if (grown.length > 0) for (const listener of [...listeners]) listener(grown);
    return offsets;
  }

  return {
    identity: "memory",
    embedded: true,
    append,
    async read(partition, offset, max) {
      if (closed) throw new BillingError("DEP_001", "The event log is closed");
      const found: LogRecord[] = [];
      let bytes = 0;
      for (const record of partitionAt(partition).slice(offset, offset + Math.max(1, max.records))) {
        bytes += record.bytes.length;
        if (found.length > 0 && bytes > max.bytes) break;
        found.push(record);
      }
      return found;
    },
    async endOffset(partition) {
      return partitionAt(partition).length;
    },
    async extents() {
      return partitions.map((records) => ({ first: 0, end: records.length }));
    },
    async bury() {},
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.resolve(); // appends called before are durable by then
      closed = true;
    },
  };
}
