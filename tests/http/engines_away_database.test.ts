import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type PostgresServer, startPostgres } from "../services/postgres.ts";
import { usage } from "./billing_world.ts";
import { Month } from "./engines_away.ts";

const limitMs = 240_000;
const begins = "2023-11-16T18:17:03.979Z";

describe("a Postgres of DATABASE_URL", () => {
  let postgres: PostgresServer;
  let month: Month;

  beforeAll(async () => {
    postgres = await startPostgres();
    month = new Month({ DATABASE_URL: postgres.url });
  }, limitMs);
  afterEach(() => postgres.resume());
  afterAll(async () => {
    await month.abandon();
    await postgres.remove();
  }, limitMs);

  test(
    "that is down at the start is waited for, which is said",
    async () => {
      await postgres.kill();
      const starting = month.server.start();
      await month.hasSaid(/^The database at 127\.0\.0\.1:\d+ is away \(.*ECONNREFUSED.*\); trying again$/);
      await postgres.start();
      await starting;
      await month.hasSaid(/^The database at 127\.0\.0\.1:\d+ is back$/);
      await month.isToldBack();
      await month.begin();
    },
    limitMs,
  );

  test(
    "that dies in mid-run leaves events taken, live spend told and all else refused, until it is back",
    async () => {
      await month.sendTaken(20);
      await postgres.kill();
      await month.isToldAway("database");
      await month.sendTaken(20);
      expect(await month.check()).toBe(true);
      await month.refused("GET", "/master-data/plans");
      await month.refused("POST", "/master-data/products", { key: "p", name: "P" });
      await month.refused("GET", "/spend-control/status?customer_id=ada");
      expect(await month.check()).toBe(true);
      await month.refused("POST", "/usage/events", usage("x", "nobody yet seen", begins, 1));
      // Durable, but nobody knows when it will be applied.
      const waiting = usage("waiting", "bob", new Date().toISOString(), 1);
      const { status, payload } = await month.server.call("POST", "/usage/events?wait=applied", waiting);
      expect([status, payload.results]).toEqual([202, [{ event_id: "waiting", status: "accepted" }]]);
      await postgres.start();
      await month.isToldBack();
      await month.isApplied(waiting);
      await month.sendTaken(10);
    },
    limitMs,
  );

  test(
    "that hangs makes nobody wait for ever, and goes on where it was",
    async () => {
      await month.sendTaken(1);
      postgres.pause();
      await month.isToldAway("database");
      await month.sendTaken(9);
      expect(await month.check()).toBe(true);
      await month.refused("GET", "/master-data/plans");
      postgres.resume();
      await month.isToldBack();
    },
    limitMs,
  );

  test(
    "that is slow delays, and is not called away",
    async () => {
      let pulses = 0;
      const pulse = setInterval(() => {
        pulses += 1;
        if (pulses % 2 === 0) postgres.resume();
        else postgres.pause();
      }, 150);
      try {
        await month.sendTaken(10);
        while (pulses < 12) {
          expect((await month.health()).told).toBe("healthy");
          await month.server.must("GET", "/spend-control/status?customer_id=ada");
        }
      } finally {
        clearInterval(pulse);
        postgres.resume();
      }
    },
    limitMs,
  );

  test(
    "changes no number by any of it",
    async () => {
      await month.end();
      await month.close();
    },
    limitMs,
  );

  test(
    "that refuses us stops the start with one line, as does an address that is none",
    async () => {
      const wrong = new URL(postgres.url);
      wrong.password = "wrong";
      for (const [address, line] of [
        [
          wrong.href,
          /^DATABASE_URL: the server at 127\.0\.0\.1:\d+ refuses us: password authentication failed/,
        ],
        ["postgres://127.0.0.1:port/billai", /^DATABASE_URL: it is not an address$/],
      ] as const) {
        const refused = new Month({ DATABASE_URL: address });
        await expect(refused.server.start()).rejects.toThrow("the program ended while starting: code 1");
        await refused.hasSaid(line);
        expect(refused.server.said).toHaveLength(1);
        await refused.abandon();
      }
    },
    limitMs,
  );
});

test(
  "the embedded Postgres, killed in mid-run, comes back by itself, and nothing is missing",
  async () => {
    const month = new Month({});
    try {
      await month.server.start();
      await month.begin();
      for (let round = 0; round < 2; round++) {
        await month.sendTaken(20);
        month.server.killDatabase();
        await month.sendTaken(20);
        await month.hasSaid(/^Postgres has ended by itself; starting it again$/);
        await month.isToldBack();
      }
      await month.end();
      await month.close();
    } finally {
      await month.abandon();
    }
  },
  limitMs,
);
