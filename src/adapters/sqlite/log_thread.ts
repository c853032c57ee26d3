import { Worker } from "node:worker_threads";
import { assert, BillingError } from "../../errors.ts";
import type { LogRecord } from "../../ports/event_log.ts";
import type { LogAnswer, LogRequest, LogWorkerData } from "./log_worker.ts";
import { pack, unpack } from "./packet.ts";

interface Waiter {
  readonly resolve: (answer: LogAnswer) => void;
  readonly reject: (error: BillingError) => void;
}

/** The file's thread as seen from the others: questions answered in order. Rejects with DEP_001. */
export class LogThread {
  readonly #worker: Worker;
  readonly #waiters: Waiter[] = [];
  #gone = false;

  private constructor(data: LogWorkerData) {
    this.#worker = new Worker(new URL("./log_worker.ts", import.meta.url), { workerData: data });
    this.#worker.on("message", (answer: LogAnswer) => this.#waiters.shift()?.resolve(answer));
    this.#worker.on("error", () => this.#lose());
    this.#worker.on("exit", () => this.#lose());
  }

  /** Opens the file; answers with the offset each partition's next record gets. */
  static async open(data: LogWorkerData): Promise<{ thread: LogThread; ends: number[] }> {
    const thread = new LogThread(data);
    const answer = await thread.#next();
    if (answer.type === "opened") return { thread, ends: [...answer.ends] };
    await thread.#worker.terminate();
    throw new BillingError(
      "DEP_001",
      answer.type === "failed" ? answer.reason : "The event log cannot be opened",
    );
  }

  /** Durable when it resolves; answers with the same records, their bytes now the log's own. */
  append(records: readonly LogRecord[]): Promise<LogRecord[]> {
    return this.#records({ type: "append", packet: pack(records) });
  }

  /** Records of a partition from `offset` on: at least one if there is any, else within both bounds. */
  read(partition: number, offset: number, records: number, bytes: number): Promise<LogRecord[]> {
    return this.#records({ type: "read", partition, offset, records, bytes });
  }

  /** Ends the thread after everything asked before; a thread that is gone has nothing left to close. */
  async close(): Promise<void> {
    if (this.#gone) return;
    await this.#ask({ type: "close" });
    await this.#worker.terminate();
  }

  async #records(request: LogRequest): Promise<LogRecord[]> {
    const answer = await this.#ask(request);
    assert(answer.type === "packet", "reads and appends are answered with records");
    return unpack(answer.packet);
  }

  async #ask(request: LogRequest): Promise<LogAnswer> {
    if (this.#gone) throw away("its thread is gone");
    const answered = this.#next();
    this.#worker.postMessage(request, request.type === "append" ? [request.packet.bytes.buffer] : []);
    const answer = await answered;
    if (answer.type === "failed") throw away(answer.reason);
    return answer;
  }

  #next(): Promise<LogAnswer> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #lose(): void {
    this.#gone = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(away("its thread is gone"));
  }
}

/** Clients learn that the log is away; why is for the operator. */
function away(reason: string): BillingError {
  const error = new BillingError("DEP_001", "The event log is away", { retryAfterS: 1 });
  error.cause = reason;
  return error;
}
