import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../services/service.ts";

/** A TigerBeetle that can be made to vanish in the middle of anything, and to come back. */
export interface Interruptible {
  readonly addresses: readonly string[];
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** A program of the server's release, to be started, killed and started again; null where none is given. */
export const givenProgram = process.env.TIGERBEETLE_BINARY ?? null;

/** A server of its own over an empty file. An interruption kills it with SIGKILL. */
export async function startServer(program: string): Promise<Interruptible> {
  const folder = mkdtempSync(join(tmpdir(), "tigerbeetle-"));
  const file = join(folder, "0_0.tigerbeetle");
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const run = (...args: string[]) =>
    Bun.spawn([program, ...args, file], { stdout: "ignore", stderr: "ignore" });
  await run("format", "--cluster=0", "--replica=0", "--replica-count=1", "--development").exited;
  const start = () => run("start", `--addresses=${address}`, "--development", "--cache-grid=256MiB");
  let server = start();
  await listens(port);
  const kill = async () => {
    server.kill("SIGKILL");
    await server.exited;
  };
  return {
    addresses: [address],
    interrupt: kill,
    resume: async () => {
      server = start();
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The way to a server. An interruption lets through what is asked and swallows what is answered, then ends the
 * connections and takes no others.
 */
export async function openWay(to: string): Promise<Interruptible> {
  const at = to.lastIndexOf(":");
  const target = { host: to.slice(0, at) || "127.0.0.1", port: Number(to.slice(at + 1)) };
  const open = new Set<Socket>();
  let isCut = false;
  const way = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const server = connect(target);
    for (const [socket, other] of [[client, server] as const, [server, client] as const]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (data) => server.write(data));
    server.on("data", (data) => {
      if (isCut) for (const socket of [client, server]) socket.destroy();
      else client.write(data);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  way.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = way.address();
  if (address === null || typeof address === "string") throw new Error("the way has a port");
  return {
    addresses: [`127.0.0.1:${address.port}`],
    interrupt: async () => {
      isCut = true;
    },
    resume: async () => {
      isCut = false;
    },
    close: async () => {
      way.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Waits until a server takes connections: opening its file takes it seconds. */
async function listens(port: number): Promise<void> {
  for (let rest = 600; ; rest--) {
    try {
      (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })).end();
      return;
    } catch (error) {
      if (rest === 0) throw error;
      await Bun.sleep(100);
    }
  }
}
