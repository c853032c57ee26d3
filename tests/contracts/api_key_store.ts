import { describe, expect, test } from "bun:test";
import type { ApiKey, ApiKeyStore } from "../../src/ports/api_key_store.ts";
import type { IdempotencyStore } from "../../src/ports/idempotency_store.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";

/** Empty stores in which two companies exist. */
export interface KeyedStores {
  readonly apiKeys: ApiKeyStore;
  readonly answers: IdempotencyStore;
  readonly companyA: string;
  readonly companyB: string;
}

/** What stores of API keys and of kept answers promise; src/ports/api_key_store.ts and idempotency_store.ts. */
export function keyedStoresContract(name: string, open: () => Promise<KeyedStores>): void {
  describe(`${name}: API keys`, () => {
    test("are found by hash anywhere, by id in their company", async () => {
      const { apiKeys, companyA, companyB } = await open();
      const key = apiKey(companyA, 1);
      await apiKeys.create(key, null);
      expect(await apiKeys.find({ hash: key.hash })).toEqual(key);
      expect(await apiKeys.find({ companyId: companyA, id: key.id })).toEqual(key);
      expect(await apiKeys.find({ companyId: companyB, id: key.id })).toBeNull();
      expect(await apiKeys.find({ hash: "other" })).toBeNull();
    });

    test("keep lists and limits, empty ones too", async () => {
      const { apiKeys, companyA } = await open();
      const bound: ApiKey = { ...apiKey(companyA, 1), allowedAddresses: ["10.0.0.0/8", "::1"], expiresAt: 5 };
      await apiKeys.create(bound, null);
      expect(await apiKeys.find({ hash: bound.hash })).toEqual(bound);
    });

    test("are listed newest first, one company's only", async () => {
      const { apiKeys, companyA, companyB } = await open();
      for (const n of [1, 2, 3]) await apiKeys.create(apiKey(companyA, n), null);
      await apiKeys.create(apiKey(companyB, 4), null);
      const list = async (filters: Record<string, string>, limit = 10) => {
        const rows = await apiKeys.list(companyA, { limit, after: null, filters, created: {} });
        return rows.map((row) => row.name);
      };
      expect(await list({})).toEqual(["k3", "k2", "k1"]);
      expect(await list({}, 2)).toEqual(["k3", "k2"]);
      expect(await list({ name: "k2", mode: "live" })).toEqual(["k2"]);
      expect(await list({ mode: "test" })).toEqual([]);
    });

    test("once revoked stay so, since the first time", async () => {
      const { apiKeys, companyA, companyB } = await open();
      const key = apiKey(companyA, 1);
      await apiKeys.create(key, null);
      expect(await apiKeys.revoke(companyB, key.id, 50)).toBeNull();
      expect(await apiKeys.revoke(companyA, key.id, 60)).toEqual({ ...key, revokedAt: 60 });
      expect(await apiKeys.revoke(companyA, key.id, 70)).toEqual({ ...key, revokedAt: 60 });
      expect((await apiKeys.find({ hash: key.hash }))?.revokedAt).toBe(60);
    });

    test("come with their answer or not at all", async () => {
      const { apiKeys, answers, companyA } = await open();
      await apiKeys.create(apiKey(companyA, 1), answer(companyA, "k"));
      expect(await answers.find(companyA, "k", 0)).toEqual(answer(companyA, "k"));
      const second = apiKeys.create(apiKey(companyA, 2), { ...answer(companyA, "k"), body: "other" });
      await expect(second).rejects.toMatchObject({ code: "REQ_006" });
      expect(await apiKeys.find({ companyId: companyA, id: "key_2" })).toBeNull();
      expect((await answers.find(companyA, "k", 0))?.body).toBe(answer(companyA, "k").body);
    });
  });

  describe(`${name}: kept answers`, () => {
    test("the first stays, byte for byte; another company's key is another", async () => {
      const { answers, companyA, companyB } = await open();
      expect(await answers.put(answer(companyA, "k"))).toBe(true);
      expect(await answers.put({ ...answer(companyA, "k"), body: "later" })).toBe(false);
      expect(await answers.find(companyA, "k", 0)).toEqual(answer(companyA, "k"));
      expect(await answers.find(companyB, "k", 0)).toBeNull();
      expect(await answers.find(companyA, "other", 0)).toBeNull();
    });

    test("an old one is gone when it is asked for, and its key free again", async () => {
      const { answers, companyA } = await open();
      await answers.put(answer(companyA, "k"));
      expect(await answers.find(companyA, "k", 1000)).not.toBeNull();
      expect(await answers.find(companyA, "k", 1001)).toBeNull();
      expect(await answers.put({ ...answer(companyA, "k"), body: "new" })).toBe(true);
    });

    test("old ones are swept for all companies", async () => {
      const { answers, companyA, companyB } = await open();
      await answers.put(answer(companyA, "k"));
      await answers.put(answer(companyB, "k"));
      await answers.put({ ...answer(companyB, "young"), createdAt: 2000 });
      expect(await answers.removeBefore(2000)).toBe(2);
      expect(await answers.find(companyA, "k", 0)).toBeNull();
      expect(await answers.find(companyB, "young", 0)).not.toBeNull();
    });
  });
}

function apiKey(companyId: string, n: number): ApiKey {
  return {
    id: `key_${n}`,
    companyId,
    name: `k${n}`,
    mode: "live",
    prefix: "bk_live_abcd",
    hash: `hash${n}`,
    scopes: ["events:write", "usage:read"],
    allowedAddresses: [],
    expiresAt: null,
    revokedAt: null,
    createdBy: "user_1",
    createdAt: 1000 + n,
  };
}

function answer(companyId: string, key: string): StoredAnswer {
  const body = '{"n":12345678901234567890.10,"text":"é \\u0000 \\n"}';
  return { companyId, key, method: "POST", path: "/x", requestHash: "h", status: 201, body, createdAt: 1000 };
}
