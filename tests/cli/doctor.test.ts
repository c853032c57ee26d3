import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor } from "../../shards/cli/doctor.ts";
import { openEventLog } from "../../shards/ground.ts";
import { readConfig } from "../../src/config.ts";
import { openTestPostgres, type TestPostgres, withDatabase } from "../postgres.ts";

let postgres: TestPostgres;
const dataDir = mkdtempSync(join(tmpdir(), "billai-doctor-"));

beforeAll(async () => {
  postgres = await openTestPostgres();
}, 60_000);
afterAll(async () => {
  rmSync(dataDir, { recursive: true });
  await postgres.close();
});

/** What it prints, by lines, and answers. */
async function consult(env: Record<string, string> = {}): Promise<{ code: number; lines: string[] }> {
  let text = "";
  const code = await doctor({ BILLAI_DATA_DIR: dataDir, DATABASE_URL: postgres.url, ...env }, (part) => {
    text += part;
  });
  return { code, lines: text.trimEnd().split("\n") };
}

describe("doctor", () => {
  test("finds nothing that cannot be relied on in a fresh installation", async () => {
    const { lines } = await consult();
    const failed = lines.filter((line) => line.startsWith("FAIL"));
    // The tests' own Postgres does not sync.
    expect(failed.filter((line) => !line.includes("fsync is off"))).toEqual([]);
    const told = lines.join("\n");
    expect(told).toContain("data directory");
    expect(told).toContain("is not there yet; the first start makes it");
    expect(told).toMatch(/^ok {4}database {8}Postgres \d+/m);
    expect(told).toContain("the schema is up to date");
    expect(told).toContain("requests and commits have roles of their own");
    expect(told).toContain("row-level security is forced on every company's tables");
  });

  test("says how to make commits outlast a power failure", async () => {
    await postgres.owner.unsafe("alter system set full_page_writes = off");
    await postgres.owner`select pg_reload_conf()`;
    const isOff = async () => (await postgres.owner`show full_page_writes`)[0]?.full_page_writes === "off";
    while (!(await isOff())) await Bun.sleep(5);
    const { code, lines } = await consult();
    await postgres.owner.unsafe("alter system reset full_page_writes");
    await postgres.owner`select pg_reload_conf()`;
    expect(code).toBe(1);
    const at = lines.findIndex((line) => line.includes("full_page_writes is off"));
    expect(lines[at]).toStartWith("FAIL  database");
    expect(lines[at + 1]).toContain("Set full_page_writes = on");
  });

  test("finds a table without its wall", async () => {
    await postgres.owner`alter table invoices no force row level security`;
    const { code, lines } = await consult();
    await postgres.owner`alter table invoices force row level security`;
    expect(code).toBe(1);
    expect(lines).toContain("FAIL  database        row-level security is not forced on invoices");
  });

  test("migrates nothing, and says what a start would", async () => {
    const name = `billai_doctor_${process.pid}`;
    await postgres.owner`create database ${postgres.owner(name)}`;
    const { lines } = await consult({ DATABASE_URL: withDatabase(postgres.url, name) });
    expect(lines.find((line) => line.startsWith("warn"))).toMatch(/the schema lacks (\d+) of \1 migrations$/);
    const again = await consult({ DATABASE_URL: withDatabase(postgres.url, name) });
    expect(again.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    await postgres.owner`drop database ${postgres.owner(name)} with (force)`;
  });

  test("knows a database of a newer release, and one of another", async () => {
    await postgres.owner`insert into schema_migrations values (9999, 'to_come', 'x', 0)`;
    const newer = await consult();
    await postgres.owner`delete from schema_migrations where version = 9999`;
    expect(newer.lines.join("\n")).toContain("the schema is newer than this release");
    const [{ checksum } = { checksum: "" }] = await postgres.owner<{ checksum: string }[]>`
      select checksum from schema_migrations where version = 1`;
    await postgres.owner`update schema_migrations set checksum = 'x' where version = 1`;
    const other = await consult();
    await postgres.owner`update schema_migrations set checksum = ${checksum} where version = 1`;
    expect(other.lines.join("\n")).toContain("the schema is another release's");
    expect([newer.code, other.code]).toEqual([1, 1]);
  });

  test("tells a wrong address from a missing database", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    listener.stop(true);
    const nobody = await consult({ DATABASE_URL: `postgres://127.0.0.1:${listener.port}/x` });
    expect(nobody.code).toBe(1);
    expect(nobody.lines.join("\n")).toContain("Start Postgres, or correct host and port in DATABASE_URL.");
    const missing = await consult({ DATABASE_URL: withDatabase(postgres.url, "billai_no_such") });
    expect(missing.lines.join("\n")).toContain("Create the database DATABASE_URL names.");
  });

  test("goes on where BillAI runs, and tells an event log from something else", async () => {
    const log = await openEventLog(readConfig({ BILLAI_DATA_DIR: dataDir }), () => {});
    const running = await consult();
    await log.close();
    expect(running.lines).toContain("ok    event log       is open in a running BillAI");
    const stopped = await consult();
    expect(stopped.lines).toContain("ok    event log       opens, and no other process has it");
    const odd = mkdtempSync(join(dataDir, "odd-"));
    writeFileSync(
      join(odd, "events.sqlite"),
      "something else altogether, and long enough to be one".repeat(100),
    );
    const broken = await consult({ BILLAI_DATA_DIR: odd });
    expect(broken.code).toBe(1);
    expect(broken.lines.find((line) => line.startsWith("FAIL  event log"))).toContain("is not an event log");
  });

  test("stops at a configuration it cannot read, and at a data directory it cannot write", async () => {
    const unread = await consult({ BILLAI_PORT: "many" });
    expect(unread).toEqual({
      code: 1,
      lines: ["FAIL  configuration   BILLAI_PORT: must be a whole number from 0 to 65535"],
    });
    const file = join(dataDir, "file");
    writeFileSync(file, "");
    const unwritten = await consult({ BILLAI_DATA_DIR: join(file, "below") });
    expect(unwritten.code).toBe(1);
    expect(unwritten.lines.find((line) => line.startsWith("FAIL  data"))).toContain("cannot be written to");
  });
});
