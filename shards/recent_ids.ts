/**
 * Digests of ids seen lately: a hint that saves work, never a verdict. Two generations bound it: when the
 * younger is full it becomes the older, and the older is forgotten.
 */
export class RecentIds {
  #young = new Set<number>();
  #old = new Set<number>();
  readonly #max: number;

  /** @param max ids per generation */
  constructor(max: number) {
    this.#max = max;
  }

  /** @param digest 32 hex digits, of which 52 bits are kept: a clash only costs a look-up */
  add(digest: string): void {
    this.#young.add(short(digest));
    if (this.#young.size < this.#max) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  has(digest: string): boolean {
    const key = short(digest);
    return this.#young.has(key) || this.#old.has(key);
  }
}

function short(digest: string): number {
  return Number.parseInt(digest.slice(0, 13), 16);
}
