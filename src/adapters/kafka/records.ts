import type { Consumer, KafkaRecord, RecordsBatch } from "@platformatic/kafka";
import { assert } from "../../errors.ts";
import type { LogRecord } from "../../ports/event_log.ts";

/** A broker's answer to a question for records, and its part about one partition. */
export type FetchAnswer = Awaited<ReturnType<Consumer["fetch"]>>;
export type PartitionAnswer = FetchAnswer["responses"][number]["partitions"][number];

/** The header our own records carry; whatever lacks it came from outside. */
export const ownHeader = "billai";

/** Bits of a batch's attributes; Kafka's record batch format. */
const appendTime = 8;
const transactional = 16;
const control = 32;

const empty = new Uint8Array();
const decoder = new TextDecoder();

/**
 * The records of one partition of an answer, from `from` on, in order. Every batch comes to its last offset, by a
 * record to pass over if need be, so that readers reach the end also where markers of transactions stand there.
 */
export function recordsOf(answer: PartitionAnswer, from: number): LogRecord[] {
  const partition = answer.partitionIndex;
  const takenBack = abortedBatches(answer);
  const records: LogRecord[] = [];
  for (const batch of answer.records ?? []) {
    const last = integer(batch.firstOffset) + batch.lastOffsetDelta;
    const holds = (batch.attributes & control) === 0 && !takenBack.has(batch);
    for (const record of holds ? batch.records : []) {
      const offset = integer(batch.firstOffset) + record.offsetDelta;
      if (offset >= from) records.push(recordOf(partition, offset, batch, record));
    }
    if (last >= from && records.at(-1)?.offset !== last) {
      records.push({ partition, offset: last, bytes: empty, origin: { by: "log" } });
    }
  }
  return records;
}

/** Batches of transactions that were aborted: from a producer's first offset told until its marker. */
function abortedBatches({ records, abortedTransactions }: PartitionAnswer): Set<RecordsBatch> {
  const found = new Set<RecordsBatch>();
  const coming = (abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  if (coming.length === 0) return found;
  const aborting = new Set<bigint>();
  for (const batch of records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (coming[0] !== undefined && coming[0].firstOffset <= last) {
      aborting.add(coming[0].producerId);
      coming.shift();
    }
    if ((batch.attributes & control) !== 0) aborting.delete(batch.producerId);
    else if ((batch.attributes & transactional) !== 0 && aborting.has(batch.producerId)) found.add(batch);
  }
  return found;
}

function recordOf(partition: number, offset: number, batch: RecordsBatch, record: KafkaRecord): LogRecord {
  const bytes = record.value ?? empty;
  const headers = new Map(record.headers.map(([name, value]) => [textOf(name) ?? "", textOf(value) ?? ""]));
  if (headers.has(ownHeader)) return { partition, offset, bytes };
  const isAppendTime = (batch.attributes & appendTime) !== 0;
  const receivedAt = integer(
    isAppendTime ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta,
  );
  return {
    partition,
    offset,
    bytes,
    origin: { by: "outsider", key: textOf(record.key), headers, receivedAt },
  };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}

/** A 64-bit integer of the protocol as a number: offsets and instants stay far below 2^53. */
export function integer(value: bigint): number {
  const number = Number(value);
  assert(Number.isSafeInteger(number), `${value} does not fit a number`);
  return number;
}
