import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Service } from "./service.ts";

/** Starts Debian's Redis on a free port, installing it first if need be. Rejects, saying why, where that is impossible. */
export async function start(): Promise<Service> {
  if (Bun.which("redis-server") === null) await install();
  const server = await startRedis();
  return { env: { REDIS_URL: server.url }, stop: () => server.end("SIGTERM") };
}

/** A Redis of one's own that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  end(name: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Starts the installed Redis; it answers when this resolves. @param port a free one unless given */
export async function startRedis(port?: number): Promise<RedisServer> {
  const own = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "billai-redis-"));
  const settings = { port: own, bind: "127.0.0.1", dir: folder, save: "", appendonly: "no" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = Bun.spawn(["redis-server", ...args], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  endAfterUs(child.pid, folder);
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    if (output.includes("Ready to accept connections")) break;
  }
  if (child.exitCode !== null) throw new Error(`redis-server ended at once: ${output}`);
  return {
    url: `redis://127.0.0.1:${own}`,
    port: own,
    signal: (name) => child.kill(name),
    end: async (name) => {
      child.kill("SIGCONT"); // one that is stopped would not hear anything else
      child.kill(name);
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where this process is killed, a shell that is nobody's child ends the server and takes its folder away. */
function endAfterUs(pid: number, folder: string): void {
  const script = `(
    while kill -0 "$1" && kill -0 "$2"; do sleep 0.3; done
    kill -KILL "$2"
    rm -rf "$3"
  ) &`;
  const stdio = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  Bun.spawnSync(["sh", "-c", script, "sh", `${process.pid}`, `${pid}`, folder], stdio);
}

async function install(): Promise<void> {
  if (Bun.which("apt-get") === null)
    throw new Error("there is no redis-server, nor an apt-get to install it");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "redis-server"]]) {
    const child = Bun.spawn(["apt-get", "-qq", ...args], { env, stdout: "ignore", stderr: "pipe" });
    const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
    if (code !== 0) throw new Error(`apt-get ${args.join(" ")}: ${words.trim()}`);
  }
}
