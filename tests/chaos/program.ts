import { join } from "node:path";
import { ready } from "../../shards/supervisor.ts";

type Child = Bun.Subprocess<"ignore", "pipe", number>;

const main = join(import.meta.dir, "../../shards/main.ts");

/** How the program is started. */
export interface Start {
  /** The file to run; the program itself where it is left out. */
  readonly file?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Gets what it says to operators. */
  readonly log: number;
}

/** The real program as a child of this one. */
export class Program {
  readonly #child: Child;
  /** Resolves once it serves; never where it ends before. */
  readonly serves: Promise<void>;
  /** Resolves with the signal that ended it, or its exit code. */
  readonly ended: Promise<string>;

  constructor({ file = main, args, env, log }: Start) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.serves = promise;
    this.#child = Bun.spawn([process.execPath, file, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", log],
      ipc: (message) => {
        if (message === ready) resolve();
      },
    });
    void listen(this.#child.stdout, resolve);
    this.ended = this.#child.exited.then((code) => String(this.#child.signalCode ?? `code ${code}`));
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  /** Tells one of several processes what the supervisor would. */
  tell(message: string): void {
    if (this.isRunning) this.#child.send(message);
  }
}

/** Reads what it prints until it says that it listens, and then so that it never waits for a reader. */
async function listen(output: ReadableStream<Uint8Array>, resolve: () => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of output) {
    if (text.length < 10_000) text += decoder.decode(chunk, { stream: true });
    if (text.includes("BillAI listening on ")) resolve();
  }
}
