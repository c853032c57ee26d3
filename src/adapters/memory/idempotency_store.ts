import { BillingError } from "../../errors.ts";
import type { IdempotencyStore } from "../../ports/idempotency_store.ts";
import type { StoredAnswer } from "../../ports/stored_rows.ts";

/** Kept answers in memory, for tests; `keep` is how other stores in memory write theirs with an effect. */
export interface MemoryIdempotencyStore extends IdempotencyStore {
  /** Throws REQ_006 when the key holds an answer already; nothing of the effect may have happened then. */
  keep(answer: StoredAnswer | null): void;
}

/** Opens an empty store. */
export function openMemoryIdempotencyStore(): MemoryIdempotencyStore {
  const answers = new Map<string, StoredAnswer>();
  const name = (companyId: string, key: string) => `${companyId}|${key}`;
  const put = (answer: StoredAnswer): boolean => {
    const at = name(answer.companyId, answer.key);
    if (answers.has(at)) return false;
    answers.set(at, answer);
    return true;
  };
  return {
    async find(companyId, key, notBefore) {
      const found = answers.get(name(companyId, key)) ?? null;
      if (found === null || found.createdAt >= notBefore) return found;
      answers.delete(name(companyId, key));
      return null;
    },
    put: async (answer) => put(answer),
    async removeBefore(instant) {
      const old = [...answers].filter(([, answer]) => answer.createdAt < instant);
      for (const [at] of old) answers.delete(at);
      return old.length;
    },
    keep(answer) {
      if (answer === null || put(answer)) return;
      throw new BillingError("REQ_006", "The same Idempotency-Key is in flight", { retryAfterS: 1 });
    },
  };
}
