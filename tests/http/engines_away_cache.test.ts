import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "../services/redis.ts";
import { freePort } from "../services/service.ts";
import { Month } from "./engines_away.ts";

const limitMs = 240_000;
const missing = Bun.which("redis-server") === null ? " (unproven: redis-server is not installed)" : "";

describe.skipIf(missing !== "")(`the program's Redis${missing}`, () => {
  let redis: RedisServer;
  let month: Month;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    month = new Month({ REDIS_URL: `redis://127.0.0.1:${port}` });
  });
  afterAll(async () => {
    await month.abandon();
    await redis.end("SIGKILL");
  }, limitMs);

  test(
    "down at the start holds nothing up, and is found when it comes",
    async () => {
      await month.server.start();
      await month.hasSaid(/^The cache is away \(.*ECONNREFUSED.*\); going on without it\.$/);
      await month.isToldAway("cache");
      await month.begin();
      await month.sendTaken(10);
      redis = await startRedis(port);
      await month.isToldBack();
      await month.hasSaid(/^The cache is back\.$/);
    },
    limitMs,
  );

  test(
    "that dies, hangs or is wiped in mid-run changes nothing",
    async () => {
      const wiper = new Redis(redis.url);
      await month.sendTaken(10);
      await wiper.flushall();
      await month.sendTaken(10);
      wiper.disconnect();
      redis.signal("SIGSTOP");
      await month.isToldAway("cache");
      await month.sendTaken(10);
      expect(await month.check()).toBe(true);
      redis.signal("SIGCONT");
      await month.isToldBack();
      await redis.end("SIGKILL");
      await month.isToldAway("cache");
      await month.sendTaken(10);
      await month.server.must("GET", "/master-data/plans");
      redis = await startRedis(port);
      await month.isToldBack();
      await month.end();
      await month.close();
    },
    limitMs,
  );
});
