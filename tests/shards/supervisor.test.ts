import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../chaos/server.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

let postgres: TestPostgres;
let dataDir: string;
let server: Server;

beforeAll(async () => {
  postgres = await openTestPostgres();
  dataDir = mkdtempSync(join(tmpdir(), "billai-supervised-"));
  chmodSync(dataDir, 0o755);
  // On the embedded log, whose shares are fixed: the process that takes over is the one that starts again.
  server = new Server(dataDir, { BILLAI_SHARDS: "2", DATABASE_URL: postgres.url, KAFKA_BROKERS: "" });
  await server.start();
}, 60_000);
afterAll(async () => {
  await server.stop();
  await postgres.close();
  rmSync(dataDir, { recursive: true });
}, 60_000);

/** The processes the supervisor has started, by their share. */
function shards(): Map<number, number> {
  const found = new Map<number, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const [args, stat] = [textOf(`/proc/${pid}/cmdline`), textOf(`/proc/${pid}/stat`)];
    const [, index] = /main\.ts\0shard\0(\d+)\0/.exec(args) ?? [];
    const parent = Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
    if (index !== undefined && parent === server.pid) found.set(Number(index), Number(pid));
  }
  return found;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process has ended
  }
}

const onLinux = process.platform === "linux";

test.skipIf(!onLinux)(
  "a shard process that dies is started again, and its customers are served as before",
  async () => {
    const names = ["ada", "bob", "cyd", "dee", "eve", "fay"];
    for (const name of names)
      await server.must("POST", "/master-data/customers", { external_id: name, name });
    const before = shards();
    expect([...before.keys()].toSorted()).toEqual([0, 1]);
    process.kill(before.get(1) ?? 0, "SIGKILL");
    const status = async (name: string): Promise<number> => {
      // A connection that was with the dead process breaks once.
      const path = `/spend-control/status?customer_id=${name}`;
      return server.call("GET", path).then(
        ({ status }) => status,
        () => status(name),
      );
    };
    expect(await Promise.all(names.map(status))).toEqual(names.map(() => 200));
    const after = shards();
    expect(after.get(0)).toBe(before.get(0) ?? 0);
    expect(after.get(1)).not.toBe(before.get(1) ?? 0);
  },
  60_000,
);

test.skipIf(!onLinux)(
  "all of them end with their supervisor, however it ends, and go on when it comes back",
  async () => {
    const before = shards();
    await server.kill(false);
    const alive = (pid: number) =>
      textOf(`/proc/${pid}/stat`) !== "" && !/\) Z /.test(textOf(`/proc/${pid}/stat`));
    while ([...before.values()].some(alive)) await Bun.sleep(20);
    await server.start();
    expect(shards().size).toBe(2);
    const { status } = await server.call("GET", "/spend-control/status?customer_id=ada");
    expect(status).toBe(200);
  },
  60_000,
);

test.skipIf(!onLinux)(
  "one that is still starting when its supervisor dies ends, too",
  async () => {
    const before = shards();
    process.kill(before.get(1) ?? 0, "SIGKILL");
    // It is there as soon as it is forked, and serves a good while later.
    let starting = shards().get(1);
    while (starting === undefined || starting === before.get(1)) {
      await Bun.sleep(1);
      starting = shards().get(1);
    }
    await server.kill(false);
    while (/main\.ts\0shard/.test(textOf(`/proc/${starting}/cmdline`))) await Bun.sleep(20);
    await server.start();
    expect(shards().size).toBe(2);
  },
  60_000,
);
