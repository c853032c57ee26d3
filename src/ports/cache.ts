/**
 * Short-lived texts by key. Losable by definition: an entry may be gone at any moment, before its time, and nothing
 * that decides money or uniqueness may depend on it. Times to live are whole milliseconds, at least one.
 */
export interface Cache {
  /** The value, or null when it was never set, has expired or was dropped to make room. */
  get(key: string): Promise<string | null>;
  /** Replaces value and time to live. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Adds one and answers the new count; the first call counts 1 and starts the time to live, which later ones do not
   * extend. For keys that hold nothing but counts.
   */
  increment(key: string, ttlMs: number): Promise<number>;
}
