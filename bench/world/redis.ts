import { freePort } from "./free_port.ts";

/** A Redis for what the program is measured beside. */
export interface RedisEngine {
  readonly url: string;
  stop(): Promise<void>;
}

/** The one of REDIS_URL, else the installed one, keeping nothing on disk; null where there is neither. */
export async function openRedis(): Promise<RedisEngine | null> {
  const given = process.env.REDIS_URL ?? "";
  if (given !== "") return { url: given, stop: async () => {} };
  if (Bun.which("redis-server") === null) return null;
  const port = freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = Bun.spawn(["redis-server", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (said.includes("Ready to accept connections")) break;
  }
  if (!said.includes("Ready to accept connections")) throw new Error(`redis-server ended: ${said}`);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await child.exited;
    },
  };
}
