import { type IdPrefix, type IdSource, newId } from "../../ids.ts";
import type { Clock } from "../../ports/clock.ts";

const randomBytes = 10;
const counterStart = 2; // bytes 0 and 1 stay as drawn; the eight behind them count within a millisecond

/**
 * Ids of this process, each greater than the one before: within a millisecond, or while the clock stands or goes
 * back, the random part counts up.
 */
export function openIdSource(clock: Clock): IdSource {
  const random = new Uint8Array(randomBytes);
  let last = -1;
  return {
    next(prefix: IdPrefix): string {
      const now = clock.now();
      if (now > last) {
        last = now;
        crypto.getRandomValues(random);
        // The counter has 62 bits (two of the first byte are the UUID's variant). Clearing the highest
        // leaves 2^61 ids before it could run over.
        random[counterStart] = (random[counterStart] ?? 0) & 0x1f;
      } else {
        countUp(random);
      }
      return newId(prefix, last, random);
    },
  };
}

function countUp(bytes: Uint8Array): void {
  for (let i = bytes.length - 1; i >= counterStart; i -= 1) {
    const next = ((bytes[i] ?? 0) + 1) & 0xff;
    bytes[i] = next;
    if (next !== 0) return;
  }
}
