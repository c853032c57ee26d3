import type { ImportOptions } from "./options.ts";

/** An event on its way, with the row it came from. */
export interface Outgoing {
  readonly row: number;
  readonly event: object;
}

export interface RowVerdict {
  readonly row: number;
  readonly status: string;
  /** Why, for what was not applied. */
  readonly why: string;
}

/** Trouble that makes going on senseless, such as a wrong key. */
export class CannotSend extends Error {}

const WAIT_MS_MAX = 5000;
const ATTEMPTS_MAX = 60;

/**
 * Sends batches, a bounded number at once, and waits for their verdicts. While the server is away or busy a batch is
 * sent again as it is: its ids make that harmless.
 */
export class Sender {
  readonly #options: ImportOptions;
  readonly #onVerdicts: (verdicts: readonly RowVerdict[]) => void;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(options: ImportOptions, onVerdicts: (verdicts: readonly RowVerdict[]) => void) {
    this.#options = options;
    this.#onVerdicts = onVerdicts;
  }

  /** Takes a batch on; resolves once there is room for another. */
  async send(batch: readonly Outgoing[]): Promise<void> {
    const sending: Promise<void> = this.#deliver(batch)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    while (this.#underWay.size >= this.#options.concurrency) await Promise.race(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves once everything taken on has its verdict. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  async #deliver(batch: readonly Outgoing[]): Promise<void> {
    const body = JSON.stringify({ events: batch.map(({ event }) => event) });
    for (let attempt = 1; ; attempt++) {
      const verdicts = await this.#attempt(batch, body);
      if (verdicts !== null) return this.#onVerdicts(verdicts);
      if (attempt >= ATTEMPTS_MAX) throw new CannotSend(`${this.#options.url} does not answer`);
      await Bun.sleep(Math.min(WAIT_MS_MAX, 100 * 2 ** Math.min(attempt, 10)));
    }
  }

  /** Null where it should be tried again. */
  async #attempt(batch: readonly Outgoing[], body: string): Promise<RowVerdict[] | null> {
    const headers = { "X-API-Key": this.#options.apiKey, "Content-Type": "application/json" };
    let response: Response;
    try {
      response = await fetch(`${this.#options.url}/api/v1/usage/events?wait=applied`, {
        method: "POST",
        headers,
        body,
      });
    } catch {
      return null;
    }
    if (response.status === 503 || response.status === 429) return null;
    const told = (await response.json()) as {
      error: { msg: string } | null;
      payload: { results: { status: string; msg?: string; reason?: string }[] } | null;
    };
    if (told.payload === null)
      throw new CannotSend(told.error?.msg ?? `the server answered ${response.status}`);
    return batch.map(({ row }, i) => {
      const result = told.payload?.results[i];
      return { row, status: result?.status ?? "accepted", why: result?.msg ?? result?.reason ?? "" };
    });
  }
}
