import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventLog, openGround } from "../../shards/ground.ts";
import { serve } from "../../shards/serve.ts";
import { readConfig } from "../../src/config.ts";

const folder = mkdtempSync(join(tmpdir(), "ground-"));
chmodSync(folder, 0o755); // Postgres may run as another user
afterAll(() => rmSync(folder, { recursive: true }));

const refused = readConfig({ BILLAI_DATA_DIR: join(folder, "refused"), DATABASE_URL: "postgres://[" });

test("a second process is refused before it touches the database; the first gives everything back", async () => {
  const config = readConfig({ BILLAI_DATA_DIR: join(folder, "data"), DATABASE_URL: "" });
  const said: string[] = [];
  const open = () => openGround(config, (line) => said.push(line));
  const first = await open();
  await expect(open()).rejects.toThrow("is in use by another process");
  const database = await first.database;
  expect(database).toMatchObject({ embedded: true, usageTier: "none" });
  expect(said).toEqual([expect.stringMatching(/^Starting Postgres on /)]);
  await database.close();
  await first.closers.closeAll();

  const next = await open();
  expect((await next.database).migrated).toEqual([]);
  await (await next.database).close();
  await next.closers.closeAll();
}, 60_000);

test("a database that cannot be had is told to whoever waits for it, and only then", async () => {
  const ground = await openGround(refused, () => {});
  await Bun.sleep(50); // nobody waits yet, which is no unhandled error
  await expect(ground.database).rejects.toThrow("DATABASE_URL: it is not an address");
  await ground.closers.closeAll();
});

test("a start that fails for its database lets go of the log", async () => {
  await expect(
    serve(
      refused,
      () => {},
      () => {},
    ),
  ).rejects.toThrow("DATABASE_URL: it is not an address");
  const log = await openEventLog(refused, () => {});
  await log.close();
});
