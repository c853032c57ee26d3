import { BillingError } from "../src/errors.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { PartitionCursor } from "../src/ports/stored_rows.ts";

/**
 * Ties the store to the log at first use. Throws DEP_001 with one line where it goes with another one: its positions
 * would mean other records there, and those before them would never be applied.
 */
export async function claimLog(store: ShardStore, log: EventLog, partitions: number): Promise<void> {
  const kept = await store.claimLog({ identity: log.identity, partitions });
  if (kept.identity !== log.identity) {
    throw new BillingError(
      "DEP_001",
      `The database goes with the event log '${kept.identity}' and was started with '${log.identity}': its positions mean nothing there`,
    );
  }
  if (kept.partitions !== partitions) {
    throw new BillingError(
      "DEP_001",
      `The database goes with an event log of ${kept.partitions} partitions, not ${partitions}; the number never changes`,
    );
  }
}

/** Throws DEP_001 with one line where the log does not hold what comes next, be it dropped too early or lost. */
export async function assertStillThere(log: EventLog, cursors: readonly PartitionCursor[]): Promise<void> {
  const extents = await log.extents();
  for (const { partition, nextOffset } of cursors) {
    const { first = 0, end = 0 } = extents[partition] ?? {};
    if (nextOffset < first) {
      throw new BillingError(
        "DEP_001",
        `The event log holds partition ${partition} from offset ${first} on, and ${nextOffset} comes next: records were dropped before they were applied`,
      );
    }
    if (nextOffset > end) {
      throw new BillingError(
        "DEP_001",
        `The event log ends at offset ${end} of partition ${partition}, and all before ${nextOffset} is applied: it is another log, or has lost records`,
      );
    }
  }
}
