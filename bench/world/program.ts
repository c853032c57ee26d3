import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { processorSeconds } from "./processor_time.ts";

const startWaitMsMax = 120_000;
const admin = { email: "bench@example.com", password: "a password for benches" };

/** The real program as children of this process, and a client's way to it. */
export interface Program {
  readonly url: string;
  readonly pid: number;
  /** Seconds of processor time it has used, with all of its processes. */
  processorSeconds(): number;
  /** A request that must succeed; answers its payload. */
  must(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Lets it finish what is under way. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/**
 * Starts the program on a data directory; resolves once it serves.
 *
 * @param env variables beside its own, such as which engines to use
 * @param preload modules that are loaded before it
 * @param key of the API, to ask with; without one an admin logs in
 */
export async function startProgram(
  dataDir: string,
  env: Readonly<Record<string, string>>,
  { preload = [], key = null }: { readonly preload?: readonly string[]; readonly key?: string | null } = {},
): Promise<Program> {
  const said = openSync(join(dataDir, "program.log"), "a");
  const before = preload.flatMap((module) => ["--preload", module]);
  const child = Bun.spawn([process.execPath, ...before, join(import.meta.dir, "../../shards/main.ts")], {
    env: {
      ...process.env,
      BILLAI_DATA_DIR: dataDir,
      BILLAI_PORT: "0",
      BILLAI_SERVICE_PORTS: "off",
      BILLAI_DEMO: "off",
      BILLAI_ADMIN_EMAIL: admin.email,
      BILLAI_ADMIN_PASSWORD: admin.password,
      ...env,
    },
    stdio: ["ignore", "pipe", said],
  });
  closeSync(said);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`the program does not serve; ${dataDir}/program.log says more`)),
    startWaitMsMax,
  );
  const ended = child.exited.then((code) => {
    throw new Error(`the program ended with ${code}; ${dataDir}/program.log says more`);
  });
  ended.catch(() => {});
  late.catch(() => {});
  const url = await Promise.race([listening(child.stdout), late, ended]);
  const credentials: Record<string, string> =
    key === null
      ? { Authorization: `Bearer ${await Promise.race([logIn(url), late, ended])}` }
      : { "X-API-Key": key };
  clearTimeout(timer); // which would hold up the bench's end
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    child.kill(signal);
    await child.exited;
  };
  return {
    url,
    pid: child.pid,
    processorSeconds: () => processorSeconds(child.pid),
    must: async (method, path, body) => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: credentials,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
      return (JSON.parse(text) as { payload: Record<string, unknown> }).payload;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** The address it prints; reads on, so that it never waits for a reader. */
async function listening(output: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of output) {
      if (text.length > 10_000) continue;
      text += decoder.decode(chunk, { stream: true });
      const url = /BillAI listening on (\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    }
  };
  void read();
  return promise;
}

/** Logs the admin in, who is stored a moment after the program listens, at a first start; answers the token. */
export async function logIn(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${url}/api/v1/auth/login`, { method: "POST", body: JSON.stringify(admin) });
    const { payload } = (await response.json()) as { payload: { access_token: string } | null };
    if (payload !== null) return payload.access_token;
    await Bun.sleep(50);
  }
}
