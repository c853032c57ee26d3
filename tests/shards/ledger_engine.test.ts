import { expect, test } from "bun:test";
import type { Ledger } from "../../src/ports/ledger.ts";
import { memoryLedger } from "../ledger/memory_ledger.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

/** Begins books with one engine and starts again with another. */
async function restarted(first: Ledger | null, second: Ledger | null): Promise<void> {
  const world = await openWorld();
  try {
    const { services, stop } = await world.start(first);
    const [id = ""] = (await seed(services, ["ada"])).values();
    await services.ingestion.ingest(COMPANY, [call(id, "one")], true);
    await stop();
    await world.start(second);
  } finally {
    await world.close();
  }
}

test("books are not begun anew in another engine", async () => {
  await expect(restarted(null, memoryLedger().ledger)).rejects.toThrow(
    "TIGERBEETLE_ADDRESSES: the books of this database are in it and cannot be moved",
  );
  await expect(restarted(memoryLedger().ledger, null)).rejects.toThrow(
    "TIGERBEETLE_ADDRESSES: the books of this database are in TigerBeetle; set it",
  );
}, 60_000);

test("books go on in the engine they were begun in", async () => {
  const { ledger } = memoryLedger();
  await restarted(ledger, ledger);
  await restarted(null, null);
}, 60_000);
