import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor } from "../../shards/cli/doctor.ts";
import { COMPANY, call, openWorld, seed } from "../shards/world.ts";

test("doctor audits the ledger, and names what does not hold", async () => {
  const folder = mkdtempSync(join(tmpdir(), "billai-doctor-"));
  const world = await openWorld();
  const { services, stop } = await world.start();
  const [id = ""] = (await seed(services, ["ada"])).values();
  await services.ingestion.ingest(COMPANY, [call(id, "one")], true);
  await stop();
  const told = async (): Promise<{ code: number; text: string }> => {
    let text = "";
    const env = { BILLAI_DATA_DIR: folder, DATABASE_URL: world.database.url };
    const code = await doctor(env, (line) => {
      text += line;
    });
    return { code, text };
  };
  const well = await told();
  expect(well.text).toContain(
    "ok    ledger          1 ledgers and 1 customers audited: every identity holds\n",
  );

  await world.database.owner`update ledger_balances set debits_posted = 1 where debits_posted > 0`;
  const ill = await told();
  expect(ill.code).toBe(1);
  expect(ill.text).toContain("FAIL  ledger          2 identities do not hold:\n");
  expect(ill.text).toContain(
    `${COMPANY}: unbilled of ${id} should be 0.5000000000 USD and is 0.0000000001\n`,
  );
  await world.close();
  rmSync(folder, { recursive: true });
}, 60_000);
