import { expect, test } from "bun:test";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { openLastKnownCache } from "../../src/adapters/memory/last_known.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { hashApiKey, newApiKey } from "../../src/auth/api_key.ts";
import { Authenticator, type AuthenticatorParts } from "../../src/auth/authenticator.ts";
import { apiKeyCacheKey } from "../../src/auth/cache_keys.ts";
import type { Principal } from "../../src/auth/principal.ts";
import { limits } from "../../src/limits.ts";
import type { ApiKey } from "../../src/ports/api_key_store.ts";

/** One key, which the store has as it is told, and a caller who uses it from an address. */
function open() {
  const clock = manualClock(1_770_000_000_000);
  const cache = openLastKnownCache(openMemoryCache(clock), clock);
  const secret = newApiKey("live", systemRandom);
  const stored: { key: ApiKey } = {
    key: {
      ...{ id: "key_1", companyId: "co_1", name: "k", mode: "live", prefix: "bk", hash: hashApiKey(secret) },
      ...{ scopes: ["spend:read"], allowedAddresses: [], expiresAt: null, revokedAt: null },
      ...{ createdBy: "user_1", createdAt: 0 },
    },
  };
  const change = (more: Partial<ApiKey>): void => {
    stored.key = { ...stored.key, ...more };
  };
  const apiKeys = {
    find: async ({ hash }: { hash: string }) => (hash === stored.key.hash ? stored.key : null),
  };
  // Of the parts only those that keys need: nobody logs in here.
  const authenticator = new Authenticator({ apiKeys, cache } as unknown as AuthenticatorParts);
  const ask = (apiKey = secret) =>
    authenticator.authenticate({ authorization: null, apiKey, address: () => "203.0.113.7" }, clock.now());
  const asked = async (apiKey = secret): Promise<Principal | null> => {
    try {
      return await ask(apiKey);
    } catch {
      return null;
    }
  };
  const forget = () => cache.delete(apiKeyCacheKey(stored.key.hash));
  return { clock, change, ask, asked, forget };
}

const soon = limits.credentialCachedMs - 1;

test("a key that was looked up is known without waiting, and for how long it may be", async () => {
  const { clock, ask, asked } = open();
  expect(await asked()).toMatchObject({ kind: "api_key", id: "key_1", companyId: "co_1" });
  clock.advance(soon);
  expect(ask()).not.toBeInstanceOf(Promise);
  clock.advance(1);
  expect(ask()).toBeInstanceOf(Promise);
});

test("a revoked key is believed until its time in the cache is over, however often it is used", async () => {
  const { clock, change, asked } = open();
  await asked();
  change({ revokedAt: clock.now() });
  for (let i = 0; i < 3; i++) {
    clock.advance(soon / 3);
    expect(await asked()).not.toBeNull();
  }
  clock.advance(1);
  expect(await asked()).toBeNull();
  clock.advance(1);
  expect(await asked()).toBeNull();
});

test("or until it is deleted there", async () => {
  const { change, asked, forget } = open();
  await asked();
  change({ revokedAt: 1 });
  await forget();
  expect(await asked()).toBeNull();
  change({ revokedAt: null });
  expect(await asked()).not.toBeNull();
});

test("what has changed of a key is seen as soon", async () => {
  const { clock, change, asked } = open();
  await asked();
  change({ scopes: ["events:write"] });
  expect([...((await asked())?.permissions ?? [])]).toEqual(["spend:read"]);
  clock.advance(soon + 1);
  expect([...((await asked())?.permissions ?? [])]).toEqual(["events:write"]);
  change({ allowedAddresses: ["198.51.100.0/24"] });
  clock.advance(soon + 1);
  expect(await asked()).toBeNull();
});

test("a key that expires is refused at that instant", async () => {
  const { clock, change, asked } = open();
  change({ expiresAt: clock.now() + 10 });
  clock.advance(9);
  expect(await asked()).not.toBeNull();
  clock.advance(1);
  expect(await asked()).toBeNull();
});

test("a key with a slip of the pen is none, also after the right one", async () => {
  const { asked } = open();
  await asked();
  expect(await asked(newApiKey("live", systemRandom))).toBeNull();
  expect(await asked("bk_live_")).toBeNull();
});
