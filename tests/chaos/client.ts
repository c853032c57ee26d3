import type { Random } from "../oracle/random.ts";

export const admin = { email: "chaos@example.com", password: "a password for chaos" };

/** What came back of a request. */
export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly payload: Record<string, unknown>;
  readonly page: { readonly next_cursor: string | null };
}

/** Longer than any answer takes of a process that is not stopped. */
const answerMsMax = 15_000;
const comeAgainMs = 25;
/** Within this everything must have come back, whatever was done to it, also on a machine that does much else. */
const sureMsMax = 600_000;

/** A client of the API that asks whichever process answers. */
export class Client {
  readonly #urls: () => readonly string[];
  readonly #random: Random;
  #token = "";
  #loggingIn: Promise<void> | null = null;
  /** Answers no fault excuses: nothing a client sends here may be refused for good, or fail within. */
  readonly unexpected = new Map<string, number>();
  /** Requests that broke before any answer came. */
  broken = 0;

  constructor(urls: () => readonly string[], random: Random) {
    this.#urls = urls;
    this.#random = random;
  }

  /** One request to one of the processes. Null where the connection broke: nobody knows what became of it. */
  async call(method: string, path: string, body?: unknown, key?: string): Promise<Answer | null> {
    const token = this.#token;
    const answer = await this.#send(method, path, body, key);
    if (answer?.status !== 401) return answer;
    if (token === this.#token) await this.#logIn();
    return this.call(method, path, body, key);
  }

  /** A request until it is answered by more than that it may come again. Throws where that takes too long. */
  async sure(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    for (const deadline = performance.now() + sureMsMax; ; await Bun.sleep(comeAgainMs)) {
      const answer = await this.call(method, path, body, key);
      if (answer !== null && !mayComeAgain(answer)) return answer;
      if (performance.now() > deadline)
        throw new Error(`${method} ${path}: no answer in ${sureMsMax / 1000} s, lastly ${told(answer)}`);
    }
  }

  /** As `sure`, for what must succeed. */
  async must(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const answer = await this.sure(method, path, body, key);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${told(answer)}`);
    return answer;
  }

  /** Every row of a list. */
  async all(path: string): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { payload, page } = await this.must(
        "GET",
        `${path}${path.includes("?") ? "&" : "?"}limit=100${at}`,
      );
      rows.push(...(payload as unknown as Record<string, unknown>[]));
      cursor = page.next_cursor;
    }
    return rows;
  }

  /** Notes an answer that must not be. */
  protest(about: string, answer: Answer): void {
    const line = `${about}: ${told(answer)}`;
    this.unexpected.set(line, (this.unexpected.get(line) ?? 0) + 1);
  }

  #logIn(): Promise<void> {
    this.#loggingIn ??= (async () => {
      const answer = await this.#send("POST", "/auth/login", admin);
      if (answer?.status === 200) this.#token = String(answer.payload.access_token);
      else await Bun.sleep(comeAgainMs);
    })().finally(() => {
      this.#loggingIn = null;
    });
    return this.#loggingIn;
  }

  async #send(method: string, path: string, body?: unknown, key?: string): Promise<Answer | null> {
    const url = this.#random.pick(this.#urls());
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      ...(this.#token === "" ? {} : { Authorization: `Bearer ${this.#token}` }),
      ...(key === undefined ? {} : { "Idempotency-Key": key }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const signal = AbortSignal.timeout(answerMsMax);
      // A connection of its own: so the processes behind one port are all asked.
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        signal,
        keepalive: false,
        ...sent,
      });
      const told = (await response.json()) as Answer & { error: { code: string; msg: string } | null };
      const answer = { ...told, status: response.status, code: told.error?.code ?? null };
      if (response.status >= 500 && response.status !== 503)
        this.protest(`${method} ${nameOf(path)}`, answer);
      return answer;
    } catch {
      this.broken++;
      return null;
    }
  }
}

/** Whether an answer says that nothing was done, or that it is safe to send it again. */
export function mayComeAgain({ status, code }: Answer): boolean {
  return status === 503 || status === 429 || status === 401 || code === "REQ_006";
}

/** An answer in a line. */
function told(answer: Answer | null): string {
  if (answer === null) return "no answer";
  const error = (answer as { error?: { msg?: string } | null }).error;
  return `${answer.status} ${answer.code ?? ""} ${error?.msg ?? ""}`.trim();
}

/** A path without what differs from request to request. */
function nameOf(path: string): string {
  return path.replace(/\?.*/, "").replace(/\/[\w.-]*\d[\w.-]*/g, "/…");
}
