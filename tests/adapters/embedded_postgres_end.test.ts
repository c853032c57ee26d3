import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";
import {
  type Copies,
  commandOf,
  limitMs,
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

describe("the end of a process", () => {
  for (const mode of ["exit", "throw"] as const) {
    test(
      `stops the server it has not stopped itself (${mode})`,
      async () => {
        const dataDir = copies.next();
        const child = startChild(dataDir, mode);
        expect(await child.line("ready ")).not.toBeNull();
        await child.exited;
        await until(() => pidOf(dataDir) === null);
        const server = await openEmbeddedPostgres({ dataDir, log: silent });
        expect(server.reused).toBe(false);
        expect(await writers(server.url)).toEqual([child.pid]);
        await server.stop();
      },
      limitMs,
    );

    test(
      `leaves alone a server that another process uses (${mode})`,
      async () => {
        const dataDir = copies.next();
        const server = await openEmbeddedPostgres({ dataDir, log: silent });
        const child = startChild(dataDir, mode);
        expect(await child.line("ready ")).toBe(`ready ${server.port} true`);
        await child.exited;
        expect(await writers(server.url)).toEqual([child.pid]);
        await server.stop();
      },
      limitMs,
    );
  }

  test(
    "whoever leaves last stops the server, not who has started it",
    async () => {
      const dataDir = copies.next();
      const child = startChild(dataDir, "stop");
      await child.line("ready ");
      const pid = serverOf(dataDir);
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      child.closeInput();
      await child.exited;
      expect(await writers(server.url)).toEqual([child.pid]);
      await server.stop();
      expect(commandOf(pid)).toBe("");
    },
    limitMs,
  );

  test(
    "a start during the stop waits for it and begins anew",
    async () => {
      const dataDir = copies.next();
      const first = await openEmbeddedPostgres({ dataDir, log: silent });
      const stopping = first.stop();
      const second = await openEmbeddedPostgres({ dataDir, log: silent });
      await stopping;
      await onServer(second.url, (sql) => sql`select 1`);
      await second.stop();
      expect(pidOf(dataDir)).toBeNull();
    },
    limitMs,
  );

  test(
    "Ctrl-C in the terminal does not reach the server",
    async () => {
      const dataDir = copies.next();
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      const pid = serverOf(dataDir);
      const groups = spawnSync("ps", ["-o", "pgid=", "-p", `${pid},${process.pid}`], { encoding: "utf8" });
      expect(new Set(groups.stdout.trim().split(/\s+/)).size).toBe(2);
      await server.stop();
    },
    limitMs,
  );
});
