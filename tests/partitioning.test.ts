import { expect, test } from "bun:test";
import fc from "fast-check";
import { murmur2, partitionOf } from "../src/partitioning.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test("murmur2 agrees with Kafka's own test (UtilsTest.testMurmur2)", () => {
  const vectors: [string, number][] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [text, hash] of vectors) expect([text, murmur2(utf8(text))]).toEqual([text, hash]);
});

/** The Java client's rule written plainly: toPositive(murmur2(key)) % partitions, in arbitrary precision. */
function plainPartition(bytes: Uint8Array, partitions: number): number {
  const m = 0x5bd1e995n;
  const low = (value: bigint): bigint => value & 0xffffffffn;
  let h = 0x9747b28cn ^ BigInt(bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = low(BigInt(view.getUint32(i, true)) * m);
    k = low((k ^ (k >> 24n)) * m);
    h = low(h * m) ^ k;
  }
  const rest = bytes.subarray(whole);
  for (const [i, byte] of rest.entries()) h ^= BigInt(byte) << BigInt(8 * i);
  if (rest.length > 0) h = low(h * m);
  h = low((h ^ (h >> 13n)) * m);
  h ^= h >> 15n;
  return Number((h & 0x7fffffffn) % BigInt(partitions));
}

const name = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "grapheme-ascii", minLength: 100, maxLength: 200 }),
);

test("a customer's partition is Kafka's for the UTF-8 key company|customer, of any script and length", () => {
  fc.assert(
    fc.property(name, name, fc.integer({ min: 1, max: 1000 }), (company, customer, partitions) => {
      const expected = plainPartition(utf8(`${company}|${customer}`), partitions);
      expect(partitionOf(company, customer, partitions)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

test("a partition is clear of the sign: the hash's highest bit is dropped, not negated", () => {
  const key = "co_a|cust_";
  const negative = Array.from({ length: 20 }, (_, i) => `${i}`).filter(
    (i) => murmur2(utf8(`${key}${i}`)) < 0,
  );
  expect(negative.length).toBeGreaterThan(0);
  for (const i of negative) {
    const hash = murmur2(utf8(`${key}${i}`));
    expect(partitionOf("co_a", `cust_${i}`, 64)).toBe((hash + 2 ** 31) % 64);
  }
});

test("customers spread evenly: of 64,000 none of 64 partitions gets much more than its thousand", () => {
  const counts = new Array<number>(64).fill(0);
  for (let i = 0; i < 64_000; i += 1) {
    const partition = partitionOf("co_01", `cust_${i}`, 64);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.max(...counts)).toBeLessThan(1200);
  expect(Math.min(...counts)).toBeGreaterThan(800);
});
