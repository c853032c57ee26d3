import { describe, expect, test } from "bun:test";
import { ownHeader, type PartitionAnswer, recordsOf } from "../../src/adapters/kafka/records.ts";

type Batch = NonNullable<PartitionAnswer["records"]>[number];

const bytes = (text: string): Buffer => Buffer.from(text);

/** A batch as a broker sends it, from `first` to its last offset; `values` may be fewer, as after compaction. */
function batch(
  first: number,
  values: readonly string[],
  more: Partial<Batch> & { lastOffset?: number } = {},
): Batch {
  const { lastOffset = first + values.length - 1, ...rest } = more;
  return {
    firstOffset: BigInt(first),
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: 0,
    lastOffsetDelta: lastOffset - first,
    firstTimestamp: 1000n,
    maxTimestamp: 5000n,
    producerId: -1n,
    producerEpoch: 0,
    firstSequence: -1,
    records: values.map((value, offsetDelta) => ({
      length: 0,
      attributes: 0,
      timestampDelta: BigInt(offsetDelta * 10),
      offsetDelta,
      key: bytes("co|c"),
      value: bytes(value),
      headers: [],
    })),
    ...rest,
  };
}

const [appendTime, transactional, control] = [8, 16, 32];

function answer(records: Batch[], aborted: readonly (readonly [bigint, number])[] = []): PartitionAnswer {
  return {
    partitionIndex: 3,
    errorCode: 0,
    highWatermark: 0n,
    lastStableOffset: 0n,
    logStartOffset: 0n,
    abortedTransactions: aborted.map(([producerId, first]) => ({ producerId, firstOffset: BigInt(first) })),
    preferredReadReplica: -1,
    records,
  };
}

/** `offset:text` of each record, and `offset|` where there is only a position. */
function seen(given: PartitionAnswer, from = 0): string[] {
  return recordsOf(given, from).map(({ offset, bytes, origin }) =>
    origin?.by === "log" ? `${offset}|` : `${offset}:${new TextDecoder().decode(bytes)}`,
  );
}

describe("the records in a broker's answer", () => {
  test("know where they stand, and begin where they were asked for, also within a batch", () => {
    expect(seen(answer([batch(7, ["a", "b"]), batch(9, ["c"])]), 8)).toEqual(["8:b", "9:c"]);
    expect(recordsOf(answer([batch(7, ["a"])]), 0)[0]).toMatchObject({ partition: 3, offset: 7 });
    expect(seen(answer([]))).toEqual([]);
  });

  test("are ours by their header, and else an outsider's, with key, headers and the time", () => {
    const [record] = batch(0, ["x"]).records;
    if (record === undefined) throw new Error("it has one");
    const ours = batch(0, [], {
      records: [{ ...record, headers: [[bytes(ownHeader), bytes("1")]] }],
      lastOffset: 0,
    });
    expect(recordsOf(answer([ours]), 0)[0]?.origin).toBeUndefined();
    const named = {
      ...record,
      key: null,
      timestampDelta: 20n,
      headers: [[bytes("ce_id"), null]],
    } as typeof record;
    const theirs = (attributes: number) => batch(0, [], { records: [named], lastOffset: 0, attributes });
    const origin = { by: "outsider", key: null, headers: new Map([["ce_id", ""]]) };
    expect(recordsOf(answer([theirs(0)]), 0)[0]?.origin).toEqual({ ...origin, receivedAt: 1020 } as never);
    expect(recordsOf(answer([theirs(appendTime)]), 0)[0]?.origin).toEqual({
      ...origin,
      receivedAt: 5000,
    } as never);
  });

  test("reach the end of every batch, whatever is missing there", () => {
    expect(seen(answer([batch(0, ["a"], { lastOffset: 4 }), batch(5, ["b"])]))).toEqual(["0:a", "4|", "5:b"]);
    expect(seen(answer([batch(0, [], { lastOffset: 2 })]))).toEqual(["2|"]);
    const mark = batch(3, ["mark"], { attributes: transactional | control });
    expect(seen(answer([mark]))).toEqual(["3|"]);
  });

  test("of aborted transactions are passed over, those of others beside them are not", () => {
    const of = (producerId: bigint, attributes = transactional) => ({ producerId, attributes });
    const given = answer(
      [
        batch(0, ["a0"], of(1n)),
        batch(1, ["b1"], of(2n)),
        batch(2, ["a2", "a3"], of(1n)),
        batch(4, ["end of 1"], of(1n, transactional | control)),
        batch(5, ["a5"], of(1n)), // its next transaction, which is committed
        batch(6, ["end of 2"], of(2n, transactional | control)),
        batch(7, ["a7"], of(1n)), // and one whose end is in a later answer
        batch(8, ["plain"], of(1n, 0)),
      ],
      [
        [1n, 7],
        [1n, 0],
      ],
    );
    expect(seen(given)).toEqual(["0|", "1:b1", "3|", "4|", "5:a5", "6|", "7|", "8:plain"]);
    // The broker names a transaction that began before what was asked for, too.
    expect(seen(answer([batch(2, ["a2", "a3"], of(1n))], [[1n, 0]]), 3)).toEqual(["3|"]);
  });
});
