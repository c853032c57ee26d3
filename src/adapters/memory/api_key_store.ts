import type { ApiKey, ApiKeyStore } from "../../ports/api_key_store.ts";
import type { MemoryIdempotencyStore } from "./idempotency_store.ts";
import { listPage } from "./list_page.ts";

/** API keys in memory, for tests. */
export function openMemoryApiKeyStore(answers: MemoryIdempotencyStore): ApiKeyStore {
  const keys = new Map<string, ApiKey>();
  const own = (companyId: string, id: string): ApiKey | null => {
    const key = keys.get(id);
    return key?.companyId === companyId ? key : null;
  };
  return {
    async create(key, answer) {
      answers.keep(answer);
      keys.set(key.id, key);
    },
    async find(ref) {
      if ("id" in ref) return own(ref.companyId, ref.id);
      return [...keys.values()].find((key) => key.hash === ref.hash) ?? null;
    },
    async list(companyId, page) {
      const owned = [...keys.values()].filter((key) => key.companyId === companyId);
      return listPage(owned, page, { mode: (key) => key.mode, name: (key) => key.name });
    },
    async revoke(companyId, id, at) {
      const key = own(companyId, id);
      if (key === null) return null;
      const revoked = { ...key, revokedAt: key.revokedAt ?? at };
      keys.set(id, revoked);
      return revoked;
    },
  };
}
