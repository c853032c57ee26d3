/** Draws from a seed: the same seed gives the same draws for ever. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  chance(part: number): boolean {
    return this.#next() < part;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.whole(0, list.length - 1)] ?? list[0];
  }

  /** A whole number of up to `digits` digits, all lengths equally likely. */
  digits(digits: number): bigint {
    let text = "";
    for (let left = this.whole(1, digits); left > 0; left -= 1) text += this.whole(0, 9);
    return BigInt(text);
  }

  // mulberry32 (public domain, Tommy Ettinger)
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
