import { readFileSync } from "node:fs";
import { join } from "node:path";

const ADMIN = { email: "chaos@example.com", password: "a password for chaos" };
const START_WAIT_MS = 60_000;

/** The real program as a child process, and a client's way to it. */
export class Server {
  readonly #dataDir: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: Bun.Subprocess<"ignore", "pipe", "pipe"> | null = null;
  #url = "";
  #token = "";
  /** What it has told whoever runs it, line by line; all of it is passed on. */
  readonly said: string[] = [];

  /** @param env variables beside those of this process, such as which engines to use */
  constructor(dataDir: string, env: Readonly<Record<string, string>> = {}) {
    this.#dataDir = dataDir;
    this.#env = env;
  }

  /** Of the process that was started; 0 before. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get url(): string {
    return this.#url;
  }

  /** Starts it and logs in. */
  async start(): Promise<void> {
    const child = Bun.spawn([process.execPath, "shards/main.ts"], {
      cwd: join(import.meta.dir, "../.."),
      env: {
        ...process.env,
        ...this.#env,
        BILLAI_DATA_DIR: this.#dataDir,
        BILLAI_PORT: "0",
        BILLAI_SERVICE_PORTS: "off",
        BILLAI_DEMO: "off",
        BILLAI_ADMIN_EMAIL: ADMIN.email,
        BILLAI_ADMIN_PASSWORD: ADMIN.password,
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#child = child;
    void this.#hear(child.stderr);
    this.#url = await Promise.race([listening(child.stdout), this.#ending(child)]);
    // The admin is stored before the line after this one is printed; at a first start that takes a moment.
    for (const deadline = performance.now() + START_WAIT_MS; ; ) {
      const login = await Promise.race([this.call("POST", "/auth/login", ADMIN), this.#ending(child)]);
      if (login.status === 200) {
        this.#token = String(login.payload.access_token);
        return;
      }
      if (performance.now() > deadline) throw new Error(`cannot log in: ${login.status}`);
      await Bun.sleep(50);
    }
  }

  async #hear(words: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of words) {
      const text = decoder.decode(bytes, { stream: true });
      process.stderr.write(text);
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      this.said.push(...lines);
    }
  }

  /** Rejects when the program ends, telling how. */
  async #ending(child: Bun.Subprocess): Promise<never> {
    const code = await child.exited;
    throw new Error(`the program ended while starting: code ${code}, signal ${child.signalCode ?? "none"}`);
  }

  /** kill -9 of the program and, if asked, of its database; answers once they are gone. */
  async kill(withDatabase: boolean): Promise<void> {
    this.#child?.kill("SIGKILL");
    if (withDatabase) this.killDatabase();
    await this.#child?.exited;
  }

  /** kill -9 of its embedded database alone. */
  killDatabase(): void {
    const lock = readFileSync(join(this.#dataDir, "postgres", "cluster", "postmaster.pid"), "utf8");
    process.kill(Number(lock.split("\n")[0]), "SIGKILL");
  }

  /** Asks it to stop. */
  end(): void {
    this.#child?.kill("SIGTERM");
  }

  /** Stops it cleanly. */
  async stop(): Promise<void> {
    this.end();
    await this.#child?.exited;
  }

  /** One request; rejects when the connection breaks. */
  async call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; code: string | null; headers: Headers; payload: Record<string, unknown> }> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = (await response.json()) as {
      payload: Record<string, unknown>;
      error: { code: string } | null;
    };
    const { status, headers } = response;
    return { status, code: told.error?.code ?? null, headers, payload: told.payload };
  }

  /** A request that must succeed. */
  async must(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const { status, payload } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}`);
    return payload;
  }
}

/** Reads the program's output until it says where it listens, and keeps it from blocking afterwards. */
async function listening(output: ReadableStream<Uint8Array>): Promise<string> {
  const reader = output.getReader();
  const decoder = new TextDecoder();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Promise(() => {}); // it ended; its exit tells more
    text += decoder.decode(value, { stream: true });
    const url = /BillAI listening on (http:\S+)/.exec(text)?.[1];
    if (url === undefined) continue;
    void drain(reader);
    return url;
  }
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}
