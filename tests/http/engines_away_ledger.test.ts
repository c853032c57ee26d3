import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { givenProgram, type Interruptible, startServer } from "../adapters/tigerbeetle_server.ts";
import { Month } from "./engines_away.ts";

const limitMs = 240_000;
const missing = givenProgram === null ? " (unproven: TIGERBEETLE_BINARY names no program)" : "";

describe.skipIf(givenProgram === null)(`the program's TigerBeetle${missing}`, () => {
  let ledger: Interruptible;
  let month: Month;

  beforeAll(async () => {
    ledger = await startServer(givenProgram ?? "");
    month = new Month({ TIGERBEETLE_ADDRESSES: ledger.addresses.join() });
  }, limitMs);
  afterAll(async () => {
    await month.abandon();
    await ledger.close();
  }, limitMs);

  test(
    "down at the start holds up the postings and nothing else",
    async () => {
      await ledger.interrupt();
      await month.server.start();
      await month.isToldAway("ledger");
      await month.begin();
      await month.sendTaken(20);
      await month.hasSaid(/^the ledger waits: TigerBeetle /);
      await month.refused("GET", "/admin/ledger/trial-balance");
      await ledger.resume();
      await month.isToldBack();
    },
    limitMs,
  );

  test(
    "that dies in mid-run does so too, and gets every posting once it is back",
    async () => {
      await month.sendTaken(20);
      await ledger.interrupt();
      await month.isToldAway("ledger");
      await month.sendTaken(20);
      expect(await month.check()).toBe(true);
      await month.server.must("GET", "/spend-control/status?customer_id=ada");
      await ledger.resume();
      await month.isToldBack();
      await month.end();
      await month.close();
    },
    limitMs,
  );
});
