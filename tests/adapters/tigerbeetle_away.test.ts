import { expect, test } from "bun:test";
import { openTigerBeetle } from "../../src/adapters/tigerbeetle/open.ts";
import { limits } from "../../src/limits.ts";
import { freePort } from "../services/service.ts";

async function outcome(work: Promise<unknown>): Promise<{ told: string; ms: number }> {
  const from = performance.now();
  const told = await work.then(
    () => "answered",
    (error) => `${error.code} ${error.message}`,
  );
  return { told, ms: performance.now() - from };
}

test("TigerBeetle away is told within the health check's time, and nothing piles up behind the probe", async () => {
  const { ledger, close } = openTigerBeetle({ cluster: 0n, addresses: [`127.0.0.1:${await freePort()}`] });
  const probes = await Promise.all(Array.from({ length: 50 }, () => outcome(ledger.ping())));
  for (const { told, ms } of probes) {
    expect(told).toBe(
      "DEP_001 TigerBeetle does not answer: is it up, and is its cluster's id the right one?",
    );
    expect(ms).toBeLessThan(limits.healthWaitMsMax + 400);
  }
  // What would only wait behind it is turned away at once.
  for (const work of [
    ledger.ping(),
    ledger.balances("co_1", [1n]),
    ledger.post([]).then(() => ledger.ping()),
  ]) {
    const { told, ms } = await outcome(work);
    expect(told).toBe("DEP_001 TigerBeetle does not answer; nothing was sent");
    expect(ms).toBeLessThan(200);
  }
  const { ms } = await outcome(close());
  expect(ms).toBeLessThan(1000);
}, 20_000);

test("a TigerBeetle host that has no address is told as such, and asked for again", async () => {
  const { ledger, close } = openTigerBeetle({ cluster: 0n, addresses: ["nowhere.invalid:3000"] });
  for (let i = 0; i < 2; i++)
    expect((await outcome(ledger.ping())).told).toBe(
      "DEP_001 TigerBeetle is not to be found: there is no host nowhere.invalid",
    );
  await close();
}, 20_000);
