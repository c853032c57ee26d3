import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import type { EventLog, RecordOrigin } from "../../src/ports/event_log.ts";
import type { DeadLetter } from "../../src/ports/stored_rows.ts";

/** A record as someone outside sends it. */
export interface Sent {
  readonly key: string | null;
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly receivedAt: number;
  /** Where it lands, if not where its key belongs. */
  readonly partition?: number;
}

/** A log in memory that others write to as well, and what was shown of what could not be applied. */
export function openSharedLog() {
  const memory = openMemoryEventLog(limits.partitions);
  const origins = new Map<string, RecordOrigin>();
  const buried: DeadLetter[] = [];
  const at = (partition: number, offset: number) => `${partition} ${offset}`;
  const put = async (
    partition: number,
    bytes: Uint8Array,
    origin: RecordOrigin,
  ): Promise<[number, number]> => {
    // Known before it can be read: appends in memory take effect in a later turn.
    origins.set(at(partition, await memory.endOffset(partition)), origin);
    const [offset = 0] = await memory.append([{ partition, bytes }]);
    return [partition, offset];
  };
  const log: EventLog = {
    ...memory,
    async read(partition, offset, max) {
      const records = await memory.read(partition, offset, max);
      return records.map((record) => {
        const origin = origins.get(at(partition, record.offset));
        return origin === undefined ? record : { ...record, origin };
      });
    },
    async bury(letters) {
      buried.push(...letters);
    },
  };
  return {
    log,
    buried,
    /** Writes one record; answers where it stands. Await it before the next. */
    send({ key, value, headers = {}, receivedAt, partition }: Sent): Promise<[number, number]> {
      const [company = "", customer = ""] = (key ?? "|").split("|");
      const home = partition ?? partitionOf(company, customer, limits.partitions);
      const bytes =
        value instanceof Uint8Array
          ? value
          : new TextEncoder().encode(value === undefined ? "" : JSON.stringify(value));
      return put(home, bytes, { by: "outsider", key, headers: new Map(Object.entries(headers)), receivedAt });
    },
    /** The log's own mark, such as the end of a transaction. */
    mark: (partition: number) => put(partition, new Uint8Array(), { by: "log" }),
  };
}
