import { describe, expect, test } from "bun:test";
import { openTigerBeetle } from "../../src/adapters/tigerbeetle/open.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import { amountOfUnits } from "../../src/ledger/units.ts";
import { COMPANY, call, openWorld, seed } from "../shards/world.ts";
import { fresh, givenAddresses } from "./tigerbeetle_fixture.ts";
import { givenProgram, type Interruptible, openWay, startServer } from "./tigerbeetle_server.ts";

/** Usage goes on while the server vanishes and comes back; what counts is what it holds in the end. */
async function interrupted(server: Interruptible): Promise<void> {
  const remote = openTigerBeetle({ cluster: 0n, addresses: server.addresses });
  const world = await openWorld();
  // A server that is given has the ledgers of other runs.
  await world.database.owner.unsafe(`alter table ledgers alter column number restart with ${fresh()}`);
  const { services, warnings } = await world.start(remote.ledger);
  const customers = [...(await seed(services, ["ada", "bob", "eve", "joe", "kim", "lea"])).values()];
  services.ledgerPublisher?.start();
  let sent = 0;
  let isOver = false;
  const send = async () => {
    while (!isOver) {
      sent += 1;
      const events = customers.map((id) => call(id, `${sent}`));
      await services.ingestion.ingest(COMPANY, events, true);
    }
  };
  const sending = send();
  const waiting = async () => {
    const [row] = await world.database.owner`select count(*)::int as n from ledger_outbox`;
    return Number(row?.n);
  };
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await Bun.sleep(5);
  };
  for (const lasts of ["a moment", "too long"]) {
    const before = sent;
    await until(() => sent > before + 5);
    const told = warnings.length;
    await server.interrupt();
    await until(() => sent > before + 50);
    // Too long: the deadline passes, and what became of the request is unknown.
    if (lasts === "too long") await until(() => warnings.length > told);
    await server.resume();
    const backlog = await waiting();
    await until(async () => (await waiting()) < Math.max(backlog / 2, 2));
  }
  isOver = true;
  await sending;
  await until(async () => (await waiting()) === 0);
  expect(warnings).toContain("the ledger waits: TigerBeetle has not answered; what it did is unknown");
  const books = await services.ledgerDirectory.ledgers(COMPANY);
  const ledgers = books.map(({ number }) => number);
  const totals = await remote.ledger.totals(COMPANY, ledgers);
  const accrued = totals.find(({ code }) => code === 1150)?.debitsPosted ?? 0n;
  // Six customers, 0.5 each.
  expect(amountOfUnits(accrued, 10)).toBe(`${sent * 3}.0000000000`);
  // The sums of what is listed are the balances: nothing is there twice.
  let listed = 0n;
  for (let before: bigint | null = null; ; ) {
    const page = await remote.ledger.transfers(COMPANY, {
      ledgers,
      code: transferCodes.usageAccrued,
      before,
      limit: 1000,
    });
    for (const { amount } of page) listed += amount;
    before = page.at(-1)?.order ?? null;
    if (page.length < 1000) break;
  }
  expect(listed).toBe(accrued);
  await services.ledgerPublisher?.stop();
  await world.close(); // which audits every customer
  await remote.close();
}

describe("nothing is lost or doubled in TigerBeetle", () => {
  const program = givenProgram;
  if (program === null) {
    test.skip("unproven: when the server is killed; set TIGERBEETLE_BINARY to its program", () => {});
  } else {
    test("when the server is killed again and again and started anew", async () => {
      const server = await startServer(program);
      await interrupted(server);
      await server.close();
    }, 300_000);
  }
  const [address] = givenAddresses ?? [];
  if (address === undefined) {
    test.skip("unproven: when its answers do not arrive; set TIGERBEETLE_ADDRESSES to a server's", () => {});
  } else {
    test("when its answers do not arrive", async () => {
      const way = await openWay(address);
      await interrupted(way);
      await way.close();
    }, 300_000);
  }
});
