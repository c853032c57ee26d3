import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { openCacheServer } from "../../shards/engines.ts";
import { openMemoryApiKeyStore } from "../../src/adapters/memory/api_key_store.ts";
import { openMemoryIdempotencyStore } from "../../src/adapters/memory/idempotency_store.ts";
import { openRedis } from "../../src/adapters/redis/connection.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { hashApiKey, newApiKey } from "../../src/auth/api_key.ts";
import { Authenticator, type AuthenticatorParts } from "../../src/auth/authenticator.ts";
import { limits } from "../../src/limits.ts";
import type { CacheServer } from "../../src/ports/cache_server.ts";
import { type RedisServer, startRedis } from "../services/redis.ts";
import { freePort } from "../services/service.ts";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

const silent = () => {};

if (Bun.which("redis-server") === null) {
  test.skip(
    "unproven: a cache server that is wiped, stopped or killed, for redis-server is not installed",
    silent,
  );
} else {
  describe("the program with a cache server", () => {
    let server: RedisServer;
    let cacheServer: CacheServer;
    let world: BillingWorld;
    const health = async () => {
      const response = await world.app.front(new Request("http://localhost/health"));
      const { status, dependencies } = (await response.json()) as {
        status: string;
        dependencies: { cache: string };
      };
      return [response.status, status, dependencies.cache];
    };
    const becomesHealthy = async () => {
      while ((await health())[2] !== "ok") await Bun.sleep(10);
    };
    /** Calls that read, write and send usage; the longest any of them took, in milliseconds. */
    const longestOf = async (round: string): Promise<number> => {
      let longest = 0;
      for (let i = 0; i < 30; i += 1) {
        const begun = performance.now();
        await world.done("GET", "/master-data/plans");
        await world.done("POST", "/usage/events", usage(`${round}${i}`, "bob", new Date().toISOString(), 1));
        longest = Math.max(longest, performance.now() - begun);
      }
      return longest;
    };

    beforeAll(async () => {
      server = await startRedis();
      cacheServer = await openCacheServer(server.url, silent);
      world = await openBillingWorld({ cacheServer });
    }, 60_000);
    afterAll(async () => {
      await world.app.close();
      cacheServer.close();
      await server.end("SIGKILL");
    });

    test("changes no number and no verdict when it is wiped between any two requests", async () => {
      const plain = await openBillingWorld();
      const wiper = new Redis(server.url);
      try {
        const told = await month(world, async () => void (await wiper.flushall()));
        expect(told).toEqual(await month(plain, async () => {}));
        expect(told.at(-1)).toEqual(["43.49", "20.00", "19.80", "3.69"]);
        expect(told.filter((one) => typeof one === "number")).toEqual([200, 200, 401]); // the key, then revoked
        const attack = told.flatMap((one) => (Array.isArray(one) && one[0] === 429 ? [one[1]] : []));
        expect(attack).toEqual(["REQ_003"]);
      } finally {
        wiper.disconnect();
        await plain.app.close();
      }
    });

    test("goes on when it stops or dies, says so, and takes it up again by itself", async () => {
      await becomesHealthy();
      const stop = [() => server.signal("SIGSTOP"), () => server.end("SIGKILL")];
      const start = [
        () => server.signal("SIGCONT"),
        async () => {
          server = await startRedis(server.port);
        },
      ];
      for (const [i, end] of stop.entries()) {
        expect(await health()).toEqual([200, "healthy", "ok"]);
        await end();
        expect(await longestOf(`round ${i}, `)).toBeLessThan(limits.healthWaitMsMax);
        expect(await health()).toEqual([200, "degraded", "down"]);
        await start[i]?.();
        await becomesHealthy();
      }
    });

    test("starts while it is away, and finds it when it comes", async () => {
      const port = await freePort();
      const lines: string[] = [];
      const early = await openCacheServer(`redis://127.0.0.1:${port}`, (line) => lines.push(line));
      expect(await early.cache.through("a", 1000, async () => "1")).toBe("1");
      await expect(early.ping()).rejects.toThrow();
      expect(lines).toEqual([expect.stringContaining("ECONNREFUSED")]);
      const late = await startRedis(port);
      while (lines.length < 2) await Bun.sleep(10);
      expect(lines[1]).toBe("The cache is back.");
      await early.ping();
      expect(await early.describe()).toMatch(/^Redis \d+\.\d+/);
      early.close();
      await late.end("SIGKILL");
    });
  });

  describe("a server that does not answer", () => {
    test("is waited for by those who have asked already, for the time of the limit, and by nobody else", async () => {
      const server = await startRedis();
      const redis = await openRedis({ url: server.url, prefix: "t:", say: silent });
      server.signal("SIGSTOP");
      const begun = performance.now();
      const asked = await Promise.all([1, 2, 3].map(() => redis.ask((client) => client.time())));
      expect(asked).toEqual([null, null, null]);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(limits.cacheWaitMsMax - 1);
      const next = redis.ask((client) => client.time());
      expect(await Promise.race([next, Promise.resolve("waits")])).toBeNull();
      redis.close();
      await server.end("SIGKILL");
    });
  });

  describe("an API key revoked by another process", () => {
    test.each(["while the server is there", "while the server is away"])(
      "is refused within a second %s",
      async (when) => {
        const server = await startRedis();
        const processes = await Promise.all([1, 2].map(() => openCacheServer(server.url, silent)));
        const apiKeys = openMemoryApiKeyStore(openMemoryIdempotencyStore());
        const secret = newApiKey("live", systemRandom);
        const id = { id: "key_1", companyId: "co_1", createdBy: "user_1", createdAt: 0 };
        const rest = {
          mode: "live",
          scopes: [],
          allowedAddresses: [],
          expiresAt: null,
          revokedAt: null,
        } as const;
        await apiKeys.create({ ...id, ...rest, name: "k", prefix: "bk", hash: hashApiKey(secret) }, null);
        // Of the parts only those that keys need: nobody logs in here.
        const authenticators = processes.map(({ cache }) => {
          return new Authenticator({ apiKeys, cache } as unknown as AuthenticatorParts);
        });
        const accepts = async (i: number): Promise<boolean> => {
          const credentials = { authorization: null, apiKey: secret, address: () => null };
          const own = authenticators[i];
          if (own === undefined) throw new Error("there are two processes");
          try {
            await own.authenticate(credentials, systemClock.now());
            return true;
          } catch {
            return false;
          }
        };
        expect([await accepts(0), await accepts(1)]).toEqual([true, true]);
        if (when.endsWith("away")) await server.end("SIGKILL");
        expect([await accepts(0), await accepts(1)]).toEqual([true, true]);
        const revoked = performance.now();
        await apiKeys.revoke("co_1", "key_1", systemClock.now()); // and nobody is told
        let lastAccepted = revoked;
        for (
          let asked = revoked;
          asked - lastAccepted < 200 || (await accepts(1));
          asked = performance.now()
        ) {
          for (const i of [0, 1]) if (await accepts(i)) lastAccepted = asked;
        }
        expect(lastAccepted).toBeGreaterThan(revoked); // it was cached
        expect(lastAccepted - revoked).toBeLessThan(1000);
        for (const { close } of processes) close();
        await server.end("SIGKILL");
      },
    );
  });
}

/** A month of usage, a key, and an attack on a login: every answer that decides something. `wipe` runs before each. */
async function month({ app, call, clock }: BillingWorld, wipe: () => Promise<void>): Promise<unknown[]> {
  const told: unknown[] = [];
  const ask = async (as: typeof call, method: string, path: string, body?: unknown) => {
    await wipe();
    const answer = await as(method, `/api/v1${path}`, body);
    told.push([answer.status, answer.error?.code, answer.payload?.results, answer.payload?.total]);
    return answer;
  };
  const events = [
    usage("a", "ada", "2023-11-16T18:17:03.979Z", 4_000_000, 100_000),
    usage("b", "ada", "2023-11-20T00:00:00Z", "3000000.5", 145_896),
  ];
  const limit = { customer_id: "ada", monthly_limit: "500", action_on_exceed: "suspend" };
  await ask(call, "POST", "/spend-control/limits", limit);
  for (const wait of ["", "?wait=applied"]) {
    const { headers } = await ask(call, "POST", `/usage/events${wait}`, { events });
    told.push(headers.get("ratelimit-policy"), /"ingest";r=\d+;/.test(headers.get("ratelimit") ?? ""));
  }
  const { payload } = await ask(call, "POST", "/admin/api-keys", { name: "k", scopes: ["usage:read"] });
  const headers = { "X-API-Key": String(payload.key) };
  const useKey = async () => {
    await wipe();
    const path = "http://localhost/api/v1/usage/events/a?customer_id=ada";
    told.push((await app.front(new Request(path, { headers }))).status);
  };
  await useKey();
  await useKey();
  await ask(call, "DELETE", `/admin/api-keys/${payload.id}`);
  await useKey();
  for (let i = 0; i <= limits.loginFailuresPerAccount; i += 1) {
    const wrong = { email: app.borea.owner.email, password: "wrong" };
    await ask(app.send(""), "POST", "/auth/login", wrong);
  }
  await ask(call, "POST", "/invoicing/preview", { customer_id: "ada" });
  await ask(call, "POST", `/admin/test-clocks/${clock.id}/advance`, { to: "2023-12-02T00:00:00Z" });
  const { rows } = await ask(call, "GET", "/invoicing/invoices?customer_id=ada");
  const lines = rows[0]?.line_items as { amount: string }[];
  return [...told, [rows[0]?.total, ...lines.map(({ amount }) => amount)]];
}
