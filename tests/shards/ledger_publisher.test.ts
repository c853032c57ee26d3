import { describe, expect, test } from "bun:test";
import type { Services } from "../../shards/services.ts";
import { postgresLedger } from "../../src/adapters/postgres/ledger/ledger.ts";
import { BillingError } from "../../src/errors.ts";
import { chart } from "../../src/ledger/chart.ts";
import { decodeEntries } from "../../src/ledger/stored_chain.ts";
import { amountOfUnits } from "../../src/ledger/units.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import { openTestPostgres } from "../postgres.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

/** A ledger in a database of its own, as an engine beside the store is, which can be made to fail. */
async function openRemote() {
  const { requests, shard, close } = await openTestPostgres();
  const real = postgresLedger(requests, shard);
  const faults: ("before" | "after")[] = [];
  let calls = 0;
  let mayRefuse: string | null = null;
  const away = () => new BillingError("DEP_001", "The ledger does not answer");
  const ledger: Ledger = {
    ...real,
    async post(chains) {
      calls += 1;
      const fault = faults.shift();
      if (fault === "before") throw away();
      const refused = mayRefuse;
      const results = await real.post(refused === null ? chains : chains.slice(1));
      if (fault === "after") throw away();
      if (refused === null) return results;
      mayRefuse = null;
      return [{ ok: false, index: 0, reason: "exceeds_debits", detail: refused }, ...results];
    },
  };
  return {
    ledger,
    real,
    close,
    faults,
    calls: () => calls,
    refuseNext: (detail: string) => {
      mayRefuse = detail;
    },
  };
}

async function unbilled({ ledgerDirectory }: Services, ledger: Ledger): Promise<string> {
  const books = await ledgerDirectory.ledgers(COMPANY);
  const totals = await ledger.totals(
    COMPANY,
    books.map(({ number }) => number),
  );
  const { debitsPosted = 0n, creditsPosted = 0n } =
    totals.find(({ code }) => code === chart.unbilled.code) ?? {};
  return amountOfUnits(debitsPosted - creditsPosted, 10);
}

describe("a ledger beside the store", () => {
  test("is told everything once, whatever became of the requests", async () => {
    const world = await openWorld();
    const remote = await openRemote();
    const first = await world.start(remote.ledger);
    const ids = [...(await seed(first.services, ["ada", "bob", "eve"])).values()];
    const send = async (services: Services, round: number) => {
      const events = ids.flatMap((id) => [0, 1, 2].map((n) => call(id, `${round} ${n}`)));
      await services.ingestion.ingest(COMPANY, events, true);
    };
    await send(first.services, 1);
    // Nothing is posted by the commit itself.
    expect(await unbilled(first.services, remote.real)).toBe("0.0000000000");
    // Before it got there, after it got there, and a process that ends in between.
    remote.faults.push("before", "after");
    const publish = () => first.services.ledgerPublisher?.drain();
    await expect(publish()).rejects.toMatchObject({ code: "DEP_001" });
    await expect(publish()).rejects.toMatchObject({ code: "DEP_001" });
    expect(await unbilled(first.services, remote.real)).toBe("4.5000000000");
    await send(first.services, 2);
    await first.services.shard.stop();

    const second = await world.start(remote.ledger);
    await second.services.ledgerPublisher?.drain();
    expect(await unbilled(second.services, remote.real)).toBe("9.0000000000");
    const calls = remote.calls();
    await second.services.ledgerPublisher?.drain();
    expect(remote.calls()).toBe(calls);
    const [left] = await world.database.owner`select count(*)::int as n from ledger_outbox`;
    expect(left?.n).toBe(0);
    expect(second.warnings).toEqual([]);
    await world.close();
    await remote.close();
  }, 60_000);

  test("publishes by itself, says once that it waits, and goes on when the ledger is back", async () => {
    const world = await openWorld();
    const remote = await openRemote();
    const { services, warnings } = await world.start(remote.ledger);
    remote.faults.push(...Array(3).fill("before"));
    services.ledgerPublisher?.start();
    const [id = ""] = (await seed(services, ["joe"])).values();
    await services.ingestion.ingest(COMPANY, [call(id, "one")], true);
    const isBehind = async () => (await world.database.owner`select from ledger_outbox`).count > 0;
    while (await isBehind()) await Bun.sleep(10);
    expect(remote.calls()).toBeGreaterThan(3);
    expect(warnings).toEqual(["the ledger waits: The ledger does not answer"]);
    await services.ledgerPublisher?.stop();
    await world.close();
    await remote.close();
  }, 60_000);

  test("passes over what is refused for good, and keeps it for a person to look at", async () => {
    const world = await openWorld();
    const remote = await openRemote();
    const { services, warnings } = await world.start(remote.ledger);
    const ids = [...(await seed(services, ["kim", "lea"])).values()];
    remote.refuseNext("as a test");
    for (const id of ids) await services.ingestion.ingest(COMPANY, [call(id, "one")], true);
    await services.ledgerPublisher?.drain();
    expect(warnings).toEqual([
      expect.stringMatching(/refused transfer [0-9a-f]{32}, code 1: exceeds_debits, as a test/),
    ]);
    const refused = await world.database.owner`
      select company_id, reason, detail, jsonb_array_length(chain -> 'chains' -> 0) as legs from ledger_refusals`;
    expect([...refused]).toEqual([
      { company_id: COMPANY, reason: "exceeds_debits", detail: "as a test", legs: 1 },
    ]);
    // What is missing is found by the audit.
    const { breaches } = await services.ledgerAuditor.all();
    expect(breaches).toEqual([
      {
        companyId: COMPANY,
        identity: "unbilled",
        subject: expect.stringMatching(/^cust_/),
        currency: "USD",
        expected: "0.5000000000",
        found: "0.0000000000",
      },
    ]);
    // And is made good by posting what was kept.
    const [kept] = await world.database.owner`select chain::text as chain from ledger_refusals`;
    await remote.real.post(decodeEntries(kept?.chain).chains);
    await world.close();
    await remote.close();
  }, 60_000);
});
