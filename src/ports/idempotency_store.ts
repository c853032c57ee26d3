import type { Instant } from "../time/instant.ts";
import type { StoredAnswer } from "./stored_rows.ts";

/**
 * First answers by the hash of their Idempotency-Key. Most are written by other stores, in the transaction of the
 * effect; `put` is for effects that have none.
 */
export interface IdempotencyStore {
  /** The answer kept since `notBefore`; an older one is removed, so that the key can be used again. */
  find(companyId: string, key: string, notBefore: Instant): Promise<StoredAnswer | null>;
  /** False when the key holds an answer already, which stays. */
  put(answer: StoredAnswer): Promise<boolean>;
  /** Removes what is older, for all companies; returns how many. */
  removeBefore(instant: Instant): Promise<number>;
}
