import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BillingError } from "../../src/errors.ts";
import type { EventLog } from "../../src/ports/event_log.ts";

/** An adapter under test. Every log has `partitions` partitions and is empty when opened. */
export interface EventLogSubject {
  open(options?: { readonly pendingBytesMax?: number }): Promise<EventLog>;
  /** Closes the log and opens what it kept; null where nothing outlives a log. */
  readonly reopen: ((log: EventLog) => Promise<EventLog>) | null;
  /** Random histories to try; fewer where opening a log is slow. */
  readonly histories: number;
  /** True where its server is not there; the name says so. */
  readonly skip?: boolean;
}

export const partitions = 8;
const all = { records: 1_000_000, bytes: 1_000_000_000 };

/** What every event log promises; src/ports/event_log.ts. */
export function eventLogContract(name: string, subject: EventLogSubject): void {
  describe.skipIf(subject.skip === true)(name, () => {
    const opened: EventLog[] = [];

    async function open(options?: { readonly pendingBytesMax?: number }): Promise<EventLog> {
      const log = await subject.open(options);
      opened.push(log);
      return log;
    }

    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close();
    });

    appending(open);
    reading(open);
    refusing(open);

    const reason = subject.reopen === null ? " (skipped: nothing outlives this log)" : "";
    test.skipIf(subject.reopen === null)(
      `keeps records, bytes and order when opened again${reason}`,
      async () => {
        const log = await open();
        await log.append([entry(3, "a"), entry(5, "b"), entry(3, "c")]);
        const again = (await subject.reopen?.(log)) ?? log;
        opened.push(again);
        expect(await texts(again, 3)).toEqual(["a", "c"]);
        expect(await texts(again, 5)).toEqual(["b"]);
        expect(await again.endOffset(3)).toBe(2);
        expect(await again.append([entry(3, "d")])).toEqual([2]);
        expect(await texts(again, 3)).toEqual(["a", "c", "d"]);
      },
    );

    test("agrees with a list per partition over any history", async () => {
      await fc.assert(fc.asyncProperty(history, followsModel(subject)), { numRuns: subject.histories });
    });
  });
}

type Open = (options?: { readonly pendingBytesMax?: number }) => Promise<EventLog>;

function appending(open: Open): void {
  test("offsets count from 0 in each partition", async () => {
    const log = await open();
    expect(await log.append([entry(0, "a"), entry(7, "b"), entry(0, "c")])).toEqual([0, 0, 1]);
    expect(await log.append([entry(7, "d")])).toEqual([1]);
    expect(await log.append([])).toEqual([]);
    expect(await log.endOffset(0)).toBe(2);
    expect(await log.endOffset(7)).toBe(2);
    expect(await log.endOffset(1)).toBe(0);
    expect(await log.extents()).toEqual([2, 0, 0, 0, 0, 0, 0, 2].map((end) => ({ first: 0, end })));
  });

  test("many appends at once keep their order in each partition, without gaps", async () => {
    const log = await open();
    const calls = Array.from({ length: 500 }, (_, i) => log.append([entry(i % 3, `${i}`), entry(3, `${i}`)]));
    const offsets = await Promise.all(calls);
    for (const partition of [0, 1, 2]) {
      const sent = offsets.map((_, i) => i).filter((i) => i % 3 === partition);
      expect(sent.map((i) => offsets[i]?.[0])).toEqual(sent.map((_, position) => position));
      expect(await texts(log, partition)).toEqual(sent.map(String));
    }
    expect(await texts(log, 3)).toEqual(offsets.map((_, i) => `${i}`));
  });

  test("gives back the very bytes, none and all of them included", async () => {
    const log = await open();
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const within = everyByte.subarray(100, 103);
    const large = new Uint8Array(300_000).map((_, i) => i * 7);
    const sent = [everyByte, new Uint8Array(0), within, large];
    await log.append(sent.map((bytes) => ({ partition: 1, bytes })));
    const records = await log.read(1, 0, all);
    expect(records.map(({ bytes }) => [...bytes])).toEqual(sent.map((bytes) => [...bytes]));
  });

  test("tells listeners which partitions grew, once they have", async () => {
    const log = await open();
    const heard: number[][] = [];
    const unsubscribe = log.onAppend((grown) => heard.push(grown.toSorted()));
    const told = Promise.withResolvers<void>();
    log.onAppend(() => told.resolve());
    await log.append([entry(6, "a"), entry(2, "b"), entry(6, "c")]);
    await told.promise;
    expect(await log.endOffset(6)).toBe(2);
    expect(heard).toEqual([[2, 6]]);
    unsubscribe();
    const next = new Promise((resolve) => log.onAppend(resolve));
    await log.append([entry(5, "d")]);
    expect(await next).toEqual([5]);
    expect(heard).toEqual([[2, 6]]);
  });
}

function reading(open: Open): void {
  test("reads are bounded by records and by bytes", async () => {
    const log = await open();
    await log.append(["aaaa", "bbbb", "cccc", "dddd"].map((text) => entry(0, text)));
    const read = async (offset: number, records: number, bytes: number): Promise<string[]> =>
      (await log.read(0, offset, { records, bytes })).map((record) => textOf(record.bytes));
    expect(await read(0, 2, 1000)).toEqual(["aaaa", "bbbb"]);
    expect(await read(1, 1000, 8)).toEqual(["bbbb", "cccc"]);
    expect(await read(1, 1000, 7)).toEqual(["bbbb"]);
    expect(await read(2, 1000, 0)).toEqual(["cccc"]);
    expect(await read(4, 1000, 1000)).toEqual([]);
    expect(await read(99, 1000, 1000)).toEqual([]);
  });

  test("a record knows its partition and offset", async () => {
    const log = await open();
    await log.append([entry(4, "a"), entry(4, "b"), entry(5, "c")]);
    const [record] = await log.read(4, 1, all);
    expect(record).toMatchObject({ partition: 4, offset: 1 });
  });

  test("nothing is visible before it is durable", async () => {
    const log = await open();
    const appended = log.append([entry(0, "a")]);
    expect(await log.endOffset(0)).toBe(0);
    await appended;
    expect(await log.endOffset(0)).toBe(1);
  });
}

function refusing(open: Open): void {
  test("what was appended before the close is kept, the rest refused with DEP_001", async () => {
    const log = await open();
    const before = log.append([entry(0, "a")]);
    const closed = log.close();
    expect(await before).toEqual([0]);
    await closed;
    expect(await codeOf(log.append([entry(0, "b")]))).toBe("DEP_001");
    expect(await codeOf(log.read(0, 0, all))).toBe("DEP_001");
    await log.close();
  });

  test("more waiting than the bound is refused at once with DEP_001, and room returns", async () => {
    const log = await open({ pendingBytesMax: 10_000 });
    const half = { partition: 0, bytes: new Uint8Array(4_000) };
    const [first, second, third] = [log.append([half]), log.append([half]), log.append([half])];
    expect(await codeOf(third)).toBe("DEP_001");
    expect(await Promise.all([first, second])).toEqual([[0], [1]]);
    expect(await log.append([half])).toEqual([2]);
    expect(await codeOf(log.append([half, half, half]))).toBe("DEP_001");
    expect(await log.endOffset(0)).toBe(3);
  });

  test("a partition that does not exist is a mistake of the caller and harms nothing", async () => {
    const log = await open();
    await expect(log.append([entry(0, "a"), entry(partitions, "b")])).rejects.toThrow("partitions 0 to 7");
    expect(await log.append([entry(0, "c")])).toEqual([0]);
  });
}

type Step =
  | { readonly type: "append"; readonly calls: readonly (readonly [number, Uint8Array])[][] }
  | {
      readonly type: "read";
      readonly partition: number;
      readonly from: number;
      readonly records: number;
      readonly bytes: number;
    }
  | { readonly type: "reopen" };

const partition = fc.nat({ max: partitions - 1 });
const history: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("append" as const),
      calls: fc.array(fc.array(fc.tuple(partition, fc.uint8Array({ maxLength: 40 })), { maxLength: 5 }), {
        maxLength: 5,
      }),
    }),
    fc.record({
      type: fc.constant("read" as const),
      partition,
      from: fc.double({ min: 0, max: 1.2, noNaN: true }),
      records: fc.integer({ min: 1, max: 12 }),
      bytes: fc.nat({ max: 200 }),
    }),
    fc.record({ type: fc.constant("reopen" as const) }),
  ),
  { maxLength: 25 },
);

function followsModel(subject: EventLogSubject): (steps: Step[]) => Promise<void> {
  return async (steps) => {
    let log = await subject.open();
    const model: number[][][] = Array.from({ length: partitions }, () => []);
    try {
      for (const step of steps) {
        if (step.type === "append") await appendBoth(log, model, step.calls);
        else if (step.type === "read") await compareRead(log, model[step.partition] ?? [], step);
        else log = (await subject.reopen?.(log)) ?? log;
      }
      for (const [id, records] of model.entries()) {
        expect(await log.endOffset(id)).toBe(records.length);
        expect((await readAll(log, id)).map((bytes) => [...bytes])).toEqual(records);
      }
    } finally {
      await log.close();
    }
  };
}

async function appendBoth(
  log: EventLog,
  model: number[][][],
  calls: Extract<Step, { type: "append" }>["calls"],
) {
  const answers = calls.map((call) => log.append(call.map(([partition, bytes]) => ({ partition, bytes }))));
  const expected = calls.map((call) => call.map(([id, bytes]) => (model[id]?.push([...bytes]) ?? 0) - 1));
  expect(await Promise.all(answers)).toEqual(expected);
}

/** Bounds hold, the records are the right ones, and there is at least one if there is any. */
async function compareRead(log: EventLog, records: number[][], step: Extract<Step, { type: "read" }>) {
  const offset = Math.floor(step.from * records.length);
  const found = await log.read(step.partition, offset, { records: step.records, bytes: step.bytes });
  expect(found.map(({ bytes }) => [...bytes])).toEqual(records.slice(offset, offset + found.length));
  expect(found.map((record) => record.offset)).toEqual(found.map((_, i) => offset + i));
  expect(found.length).toBeLessThanOrEqual(step.records);
  if (offset < records.length) expect(found.length).toBeGreaterThan(0);
  if (found.length > 1) {
    expect(found.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(step.bytes);
  }
}

/** Every record of a partition from 0 on, read page by page. */
export async function readAll(log: EventLog, partition: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (;;) {
    const page = await log.read(partition, found.length, { records: 100, bytes: 100_000 });
    if (page.length === 0) return found;
    found.push(...page.map(({ bytes }) => bytes));
  }
}

async function texts(log: EventLog, partition: number): Promise<string[]> {
  return (await readAll(log, partition)).map(textOf);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function entry(partition: number, text: string): { partition: number; bytes: Uint8Array } {
  return { partition, bytes: new TextEncoder().encode(text) };
}

/** The code a promise is refused with, or "none". */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof BillingError ? error.code : String(error)),
  );
}
