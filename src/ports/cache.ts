/**
 * Saves look-ups. Losable by definition: an entry may be gone at any moment, so there is no way to read one without
 * saying where else its value is found.
 */
export interface Cache {
  /**
   * What is kept under the key, else what `load` gives; calls at the same time share one load. What is answered was
   * true at some time in the last `ttlMs` milliseconds before the call, or later: an entry's time runs from when its
   * load began, however long that took. Null is not kept. Rejects as `load` does, and for nothing else. What nobody has
   * to be asked for may be answered without a promise.
   * @param ttlMs a whole number, at least 2
   */
  through(key: string, ttlMs: number, load: () => Promise<string | null>): string | Promise<string | null>;
  /** Forgets the key, also what is being loaded for it: the next call in this process loads anew. */
  delete(key: string): Promise<void>;
}
