/** Draws from a seed and a number within it: the same two give the same draws for ever. */
export class Random {
  #state: number;

  constructor(seed: number, index = 0) {
    this.#state = (seed ^ Math.imul(index, 0x9e3779b1)) >>> 0;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  chance(part: number): boolean {
    return this.#next() < part;
  }

  /** One of the list, which has at least one. */
  pick<const T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T;
  }

  /** The thing, so often. */
  maybe<T>(part: number, draw: () => T): T | undefined {
    return this.chance(part) ? draw() : undefined;
  }

  /** A whole number of up to `digits` digits, all lengths equally likely. */
  digits(digits: number): bigint {
    const length = this.whole(1, digits);
    const low = BigInt(this.whole(0, 10 ** Math.min(length, 9) - 1));
    return length <= 9
      ? low
      : BigInt(this.whole(0, 10 ** Math.min(length - 9, 15) - 1)) * 1_000_000_000n + low;
  }

  // 32 bits, so whole numbers beyond 4 × 10^9 have gaps, which nothing here minds. mulberry32 (public domain, Tommy Ettinger)
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** c × 10^-s as plain text. */
export function written(c: bigint, s: number): string {
  const digits = String(c < 0n ? -c : c).padStart(s + 1, "0");
  const point = digits.length - s;
  return `${c < 0n ? "-" : ""}${digits.slice(0, point)}${s > 0 ? `.${digits.slice(point)}` : ""}`;
}
