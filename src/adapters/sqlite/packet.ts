import type { LogRecord } from "../../ports/event_log.ts";

/** Records as they pass between threads: one buffer that is handed over, not copied, and plain numbers beside it. */
export interface Packet {
  readonly partitions: readonly number[];
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Copies the records' bytes into one buffer. */
export function pack(records: readonly LogRecord[]): Packet {
  const bytes = new Uint8Array(records.reduce((sum, record) => sum + record.bytes.length, 0));
  let position = 0;
  for (const record of records) {
    bytes.set(record.bytes, position);
    position += record.bytes.length;
  }
  return {
    partitions: records.map(({ partition }) => partition),
    offsets: records.map(({ offset }) => offset),
    sizes: records.map((record) => record.bytes.length),
    bytes,
  };
}

/** The records of a packet; their bytes are views of its buffer. */
export function unpack({ partitions, offsets, sizes, bytes }: Packet): LogRecord[] {
  let position = 0;
  return sizes.map((size, i) => {
    const start = position;
    position += size;
    return { partition: partitions[i] ?? 0, offset: offsets[i] ?? 0, bytes: bytes.subarray(start, position) };
  });
}
