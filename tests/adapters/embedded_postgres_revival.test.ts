import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";
import {
  commandOf,
  kill,
  limitMs,
  newFolder,
  onServer,
  pidOf,
  serverOf,
  until,
} from "./embedded_postgres_fixture.ts";

let dataDir: string;

beforeAll(() => {
  dataDir = newFolder();
});
afterAll(() => {
  kill(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

test(
  "a server that is killed while it is used comes back at its address, for all who use it, and ends with them",
  async () => {
    const said: string[] = [];
    const log = (line: string) => said.push(line);
    const first = await openEmbeddedPostgres({ dataDir, log, revive: true });
    const second = await openEmbeddedPostgres({ dataDir, log }); // which only finds it again
    await onServer(first.url, (sql) => sql`create table kept (n int)`);
    for (let round = 1; round <= 2; round += 1) {
      const pid = serverOf(dataDir);
      await onServer(first.url, (sql) => sql`insert into kept values (${round})`);
      process.kill(pid, "SIGKILL");
      await until(() => {
        const now = pidOf(dataDir);
        return now !== null && now !== pid && commandOf(now).includes("postgres");
      });
      const rows = () => onServer(first.url, (sql) => sql`select n from kept order by n`).catch(() => null);
      let kept = await rows();
      while (kept === null) kept = await rows();
      expect(kept.map(({ n }) => n)).toEqual([1, 2].slice(0, round));
    }
    expect(said).toEqual([
      expect.stringMatching(/^Starting Postgres on /),
      "Postgres has ended by itself; starting it again",
      "Postgres has ended by itself; starting it again",
    ]);
    const last = serverOf(dataDir);
    // Both take their share again; who leaves first does not take the server from the other.
    const sharers = () =>
      onServer(
        first.url,
        (sql) => sql`select from pg_locks where locktype = 'advisory' and mode = 'ShareLock'`,
      );
    while ((await sharers()).length < 2) await Bun.sleep(5);
    await second.stop();
    expect(commandOf(last)).toContain("postgres");
    await first.stop();
    expect(commandOf(last)).toBe("");
  },
  limitMs,
);
