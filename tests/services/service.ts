import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

/** A started engine: what tests read in the environment to find it, and how to end it. */
export interface Service {
  readonly env: Readonly<Record<string, string>>;
  /** Ends it and removes what it kept; safe to call again. */
  stop(): Promise<void>;
}

/** Why an engine cannot run on this machine: a reason to skip its tests aloud, not to fail. */
export class Unavailable extends Error {}

/** A folder outside the repository for what is fetched once. */
export function cacheFolder(name: string): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "billai", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A port nobody listens on just now. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
  });
  return promise;
}

/** Waits until `holds` does; throws with what was waited for when it takes longer. */
export async function until(what: string, waitMsMax: number, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + waitMsMax; !(await holds()); ) {
    if (performance.now() > deadline) throw new Error(`${what}: waited ${waitMsMax} ms`);
    await Bun.sleep(50);
  }
}

/** Runs a command to its end. Throws Unavailable where it is not installed or fails. */
export async function run(command: readonly string[]): Promise<void> {
  const [name = ""] = command;
  if (Bun.which(name) === null) throw new Unavailable(`${name} is not installed`);
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Unavailable(`${name} failed (${code}): ${`${out}${err}`.trim().slice(-500)}`);
}
