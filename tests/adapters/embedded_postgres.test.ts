import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";
import {
  type Copies,
  commandOf,
  limitMs,
  lockFile,
  newFolder,
  onServer,
  openCopies,
  pidOf,
  serverOf,
  silent,
  startChild,
  until,
  writers,
} from "./embedded_postgres_fixture.ts";

let copies: Copies;

beforeAll(async () => {
  copies = await openCopies();
}, limitMs);
afterAll(() => copies.clear());

describe("the first start", () => {
  test(
    "makes a durable, private server on the loopback",
    async () => {
      const folder = newFolder();
      const dataDir = join(folder, "not", "there yet");
      const lines: string[] = [];
      const server = await openEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
      expect(server.reused).toBe(false);
      expect(lines).toEqual([`Starting Postgres on ${join(dataDir, "postgres", "cluster")}`]);
      const settings = await onServer(server.url, async (sql) => {
        const names = [
          "fsync",
          "synchronous_commit",
          "full_page_writes",
          "data_checksums",
          "listen_addresses",
        ];
        names.push("unix_socket_directories", "server_encoding", "jit", "password_encryption", "TimeZone");
        const rows = await sql<{ name: string; setting: string }[]>`
          select name, setting from pg_settings where name in ${sql(names)}`;
        return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
      });
      expect(settings).toEqual({
        fsync: "on",
        synchronous_commit: "on",
        full_page_writes: "on",
        data_checksums: "on",
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        server_encoding: "UTF8",
        jit: "off",
        password_encryption: "scram-sha-256",
        TimeZone: "UTC",
      });
      const place = join(dataDir, "postgres");
      expect(statSync(place).mode & 0o777).toBe(0o700);
      expect(statSync(join(place, "password")).mode & 0o777).toBe(0o600);
      const wrong = new URL(server.url);
      wrong.password = "guessed";
      await expect(onServer(wrong.href, (sql) => sql`select 1`)).rejects.toThrow(
        "password authentication failed",
      );
      await server.stop();
      rmSync(folder, { recursive: true });
    },
    limitMs,
  );

  test(
    "killed at its beginning leaves nothing that is in the way",
    async () => {
      const folder = newFolder();
      const child = startChild(folder, "hang");
      await until(() => readdirSync(folder).some((name) => existsSync(join(folder, name, "password"))));
      child.kill();
      await child.exited;
      expect(readdirSync(folder)).toEqual([`postgres.new-${child.pid}`]);

      // The one that makes the database has outlived its process, and may still be writing at the first of these starts.
      for (let start = 0; start < 2; start++) {
        const server = await openEmbeddedPostgres({ dataDir: folder, log: silent });
        await server.stop();
      }
      expect(readdirSync(folder)).toEqual(["postgres"]);
      rmSync(folder, { recursive: true });
    },
    limitMs,
  );

  test(
    "of two processes at once makes one server for both",
    async () => {
      const folder = newFolder();
      const children = [startChild(folder, "stop"), startChild(folder, "stop")];
      const ready = await Promise.all(children.map((child) => child.line("ready ")));
      expect(ready[0]?.split(" ")[1]).toBe(ready[1]?.split(" ")[1] ?? "both have failed");
      const pid = serverOf(folder);
      for (const child of children) child.closeInput();
      await Promise.all(children.map((child) => child.exited));
      expect(commandOf(pid)).toBe("");
      expect(readdirSync(folder)).toEqual(["postgres"]);
      rmSync(folder, { recursive: true });
    },
    limitMs,
  );
});

describe("a later start", () => {
  test(
    "finds what was written, and a clean stop leaves no process",
    async () => {
      const dataDir = copies.next();
      const first = await openEmbeddedPostgres({ dataDir, log: silent });
      const pid = serverOf(dataDir);
      await onServer(first.url, (sql) => sql`create table kept as select 42 as answer`);
      await Promise.all([first.stop(), first.stop()]);
      expect(commandOf(pid)).toBe("");
      expect(pidOf(dataDir)).toBeNull();
      expect(spawnSync("ps", ["-eo", "command="], { encoding: "utf8" }).stdout).not.toContain(dataDir);

      const second = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(second.reused).toBe(false);
      expect([...(await onServer(second.url, (sql) => sql`select answer from kept`))]).toEqual([
        { answer: 42 },
      ]);
      await second.stop();
    },
    limitMs,
  );

  test(
    "uses the server that has survived kill -9 of its process, and stops it in the end",
    async () => {
      const dataDir = copies.next();
      const child = startChild(dataDir, "hang");
      const port = (await child.line("ready "))?.split(" ")[1];
      const pid = serverOf(dataDir);
      child.kill();
      await child.exited;
      expect(serverOf(dataDir)).toBe(pid);

      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(server.reused).toBe(true);
      expect(`${server.port}`).toBe(port ?? "");
      expect(serverOf(dataDir)).toBe(pid);
      expect(await writers(server.url)).toEqual([child.pid]);
      await server.stop();
      expect(commandOf(pid)).toBe("");
    },
    limitMs,
  );

  test(
    "recovers what was committed before kill -9 of the server itself",
    async () => {
      const dataDir = copies.next();
      const child = startChild(dataDir, "hang");
      await child.line("ready ");
      process.kill(serverOf(dataDir), "SIGKILL"); // its workers linger for a moment
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(await writers(server.url)).toEqual([child.pid]);
      await server.stop();
      child.kill();
    },
    limitMs,
  );

  const ended = spawnSync("true").pid;
  for (const [what, content] of [
    ["a process that is no more", `${ended}\n/gone\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`],
    [
      "a process that is no Postgres",
      `${process.pid}\n/gone\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`,
    ],
    ["nobody, being empty", ""],
  ] as const) {
    test(
      `is not stopped by a lock file of ${what}`,
      async () => {
        const dataDir = copies.next();
        writeFileSync(lockFile(dataDir), content);
        const server = await openEmbeddedPostgres({ dataDir, log: silent });
        expect(server.reused).toBe(false);
        expect(serverOf(dataDir)).not.toBe(process.pid);
        await server.stop();
      },
      limitMs,
    );
  }

  test(
    "says in one line why Postgres does not start",
    async () => {
      const dataDir = copies.next();
      appendFileSync(join(dataDir, "postgres", "cluster", "postgresql.conf"), "no_such_setting = 1\n");
      await expect(openEmbeddedPostgres({ dataDir, log: silent })).rejects.toThrow(
        /^Postgres does not start: .*FATAL: .*postgresql\.conf.*server\.log\)$/,
      );
    },
    limitMs,
  );

  test("does not make a new database where the old one is damaged", async () => {
    const dataDir = newFolder();
    mkdirSync(join(dataDir, "postgres"));
    await expect(openEmbeddedPostgres({ dataDir, log: silent })).rejects.toThrow(
      `There is no database in ${join(dataDir, "postgres")}`,
    );
    rmSync(dataDir, { recursive: true });
  });
});

test("a platform without binaries is told to bring a database", async () => {
  const dataDir = newFolder();
  const arch = process.arch;
  Object.defineProperty(process, "arch", { value: "mips" });
  try {
    await expect(openEmbeddedPostgres({ dataDir, log: silent })).rejects.toMatchObject({
      code: "DEP_001",
      message: expect.stringMatching(/^There is no embedded Postgres for \w+-mips: set DATABASE_URL/),
    });
  } finally {
    Object.defineProperty(process, "arch", { value: arch });
  }
  rmSync(dataDir, { recursive: true });
});
