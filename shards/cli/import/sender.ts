import { limits } from "../../../src/limits.ts";
import { ApiClient, backoffMs } from "../api_client.ts";
import type { ImportOptions } from "./options.ts";

/** An event on its way as JSON text, with the row it came from. */
export interface Outgoing {
  readonly row: number;
  readonly json: string;
}

export interface RowVerdict {
  readonly row: number;
  readonly status: string;
  /** Why, for what was not applied. */
  readonly why: string;
}

/** Trouble that makes going on senseless, such as a wrong key. */
export class CannotSend extends Error {}

interface Result {
  readonly status: string;
  readonly code?: string;
  readonly msg?: string;
  readonly reason?: string;
}

/** Room for events and the commas between them in one request. */
export const eventsBytesMax = limits.requestBodyBytesMax - '{"events":[]}'.length;

const ATTEMPTS_MAX = 60;

/** Sends batches, a bounded number at once, and waits for their verdicts. */
export class Sender {
  readonly #api: ApiClient;
  readonly #concurrency: number;
  readonly #onVerdicts: (verdicts: readonly RowVerdict[]) => void;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(
    { url, apiKey, concurrency }: ImportOptions,
    onVerdicts: (verdicts: readonly RowVerdict[]) => void,
    onWait: (why: string) => void,
  ) {
    this.#api = new ApiClient({ url, credential: { apiKey }, onWait });
    this.#concurrency = concurrency;
    this.#onVerdicts = onVerdicts;
  }

  /** Takes a batch on; resolves once there is room for another. Throws CannotSend or Unreachable. */
  async send(batch: readonly Outgoing[]): Promise<void> {
    const sending: Promise<void> = this.#deliver(batch)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    while (this.#underWay.size >= this.#concurrency) await Promise.race(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves once everything taken on has its verdict. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Until every event has a verdict; one that could not be stored just then (DEP_001) is sent again. */
  async #deliver(batch: readonly Outgoing[]): Promise<void> {
    let left = batch;
    for (let attempt = 1; ; attempt++) {
      const results = await this.#post(left);
      const again: Outgoing[] = [];
      const verdicts: RowVerdict[] = [];
      for (const [i, outgoing] of left.entries()) {
        const { status, code, msg, reason } = results[i] ?? { status: "accepted" };
        if (code === "DEP_001") again.push(outgoing);
        else verdicts.push({ row: outgoing.row, status, why: msg ?? reason ?? "" });
      }
      this.#onVerdicts(verdicts);
      if (again.length === 0) return;
      if (attempt >= ATTEMPTS_MAX) throw new CannotSend("the server cannot store events at present");
      left = again;
      await Bun.sleep(backoffMs(attempt));
    }
  }

  async #post(batch: readonly Outgoing[]): Promise<readonly Result[]> {
    const body = `{"events":[${batch.map(({ json }) => json).join(",")}]}`;
    const { status, error, payload } = await this.#api.send("POST", "/usage/events?wait=applied", body, null);
    if (payload === null) throw new CannotSend(error?.msg ?? `the server answered ${status}`);
    return (payload as { results: readonly Result[] }).results;
  }
}
