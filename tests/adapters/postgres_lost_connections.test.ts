import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { isLostWrite, onStore } from "../../src/adapters/postgres/store_errors.ts";
import { Database } from "../chaos/database.ts";

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "billai-lost-"));
  chmodSync(folder, 0o755); // for the user Postgres runs as
  database = await Database.open(folder);
}, 60_000);
afterAll(async () => {
  await database.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

test("every statement is answered or refused, however often the server is killed meanwhile", async () => {
  const sql = connect(database.url, { role: null, connections: 5 });
  let isOver = false;
  let answered = 0;
  // Without a deadline of their own: what is never answered keeps the test from ending.
  const clients = Array.from({ length: 40 }, async (_, i) => {
    while (!isOver) {
      const statements = [sql`select ${i}::int as n`, sql`select 1`];
      const all = await Promise.allSettled(statements);
      if (all.every(({ status }) => status === "fulfilled")) answered++;
      await Bun.sleep(1);
    }
  });
  for (let kill = 0; kill < 6; kill++) {
    const before = answered;
    while (answered < before + 200) await Bun.sleep(5);
    await database.kill();
    await database.start();
  }
  isOver = true;
  await Promise.all(clients);
  await sql.end({ timeout: 5 });
}, 60_000);

test.each([
  ["25P03", "it stood still in the middle of a transaction"],
  ["57P01", "the server is stopped"],
  ["08006", "the connection fails"],
  ["53300", "the server has no connection left"],
  ["ECONNREFUSED", "there is no server"],
])("a process that is told %s, as %s, takes the database for away", async (code) => {
  const error = Object.assign(new Error("as the driver tells it"), { code });
  await expect(onStore(() => Promise.reject(error))).rejects.toMatchObject({
    code: "DEP_001",
    retryAfterS: 1,
  });
});

test("a slip of the driver is told from other errors", () => {
  const slip = new TypeError("null is not an object (evaluating 'socket.write')");
  slip.stack = "TypeError\n      at nextWrite (/app/node_modules/postgres/src/connection.js:255:15)";
  expect(isLostWrite(slip)).toBe(true);
  const ours = new TypeError(slip.message);
  ours.stack = "TypeError\n      at write (/app/shards/main.ts:1:1)";
  expect(isLostWrite(ours)).toBe(false);
  const other = new TypeError("undefined is not a function");
  other.stack = slip.stack;
  expect(isLostWrite(other)).toBe(false);
});
