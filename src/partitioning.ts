import { limits } from "./limits.ts";

const encoder = new TextEncoder();
/** Keys up to this length are hashed without allocating; ids make keys of about 60. */
const scratch = new Uint8Array(256);

/** All there are. */
export const everyPartition: readonly number[] = Array.from({ length: limits.partitions }, (_, id) => id);

/**
 * The partition a customer lives on, from 0 to `partitions` - 1: Kafka's default for the key
 * `company_id|customer_id`, so that producers outside place their events as we do.
 */
export function partitionOf(companyId: string, customerId: string, partitions: number): number {
  const hash = hashAscii(companyId, customerId) ?? murmur2(encoder.encode(`${companyId}|${customerId}`));
  return (hash & 0x7fffffff) % partitions; // the Java client's toPositive: the sign bit cleared, not abs
}

/** The key's hash without building the key, if it fits and is ASCII, where UTF-8 is one byte per character. */
function hashAscii(companyId: string, customerId: string): number | null {
  const length = companyId.length + 1 + customerId.length;
  if (length > scratch.length) return null;
  scratch[companyId.length] = 0x7c; // "|"
  const isAscii = fillAscii(companyId, 0) && fillAscii(customerId, companyId.length + 1);
  return isAscii ? murmur2(scratch, length) : null;
}

function fillAscii(text: string, from: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    scratch[from + i] = code;
  }
  return true;
}

/**
 * Kafka's variant of MurmurHash2 over the first `length` bytes, as a signed 32-bit integer
 * (org.apache.kafka.common.utils.Utils.murmur2).
 */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  const multiplier = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let word = at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= at(bytes, whole + 2) << 16;
  if (rest > 1) hash ^= at(bytes, whole + 1) << 8;
  if (rest > 0) hash = Math.imul(hash ^ at(bytes, whole), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
