/**
 * Digests of ids seen lately: a hint that saves work, never a verdict. Two generations bound it: when the
 * younger is full it becomes the older, and the older is forgotten.
 */
export class RecentIds {
  #young = new Numbers();
  #old = new Numbers();
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
    this.#young = new Numbers();
  }

  has(digest: string): boolean {
    const key = short(digest);
    return this.#young.has(key) || this.#old.has(key);
  }
}

/** Above 0, which is a free slot. */
function short(digest: string): number {
  return Number.parseInt(digest.slice(0, 13), 16) + 1;
}

const slotsMin = 1024;

/**
 * A set of positive integers that are spread evenly, in one table with open addressing: 11 to 21 bytes for each, where
 * a Set takes 42, and nothing for a collection to walk.
 */
class Numbers {
  #slots = new Float64Array(slotsMin);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(key: number): void {
    const slot = this.#find(key);
    if (this.#slots[slot] === key) return;
    this.#slots[slot] = key;
    this.#size += 1;
    if (this.#size * 4 > this.#slots.length * 3) this.#grow();
  }

  has(key: number): boolean {
    return this.#slots[this.#find(key)] === key;
  }

  /** Where the key is, or the free slot where it would be. */
  #find(key: number): number {
    const mask = this.#slots.length - 1;
    let slot = key & mask;
    for (let there = this.#slots[slot]; there !== key && there !== 0; there = this.#slots[slot])
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (const key of before) if (key !== 0) this.#slots[this.#find(key)] = key;
  }
}
