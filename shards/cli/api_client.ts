/** What the server answered: its envelope, read. */
export interface Answer {
  readonly status: number;
  /** Null where the request was carried out. */
  readonly error: { readonly code: string; readonly msg: string } | null;
  readonly payload: unknown;
}

/** Nobody who speaks the API answers, however often one asks. */
export class Unreachable extends Error {}

export interface ApiClientOptions {
  /** Of the server, without a slash at the end. */
  readonly url: string;
  /** Who asks: an API key, or an access token. */
  readonly credential: { readonly apiKey: string } | { readonly token: string };
  /** Told once for every request that has to wait for the server. */
  readonly onWait?: (why: string) => void;
}

const ATTEMPTS_MAX = 60;
const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5000;

/**
 * A client of the HTTP API that outlasts restarts: while the server is away or busy a request is sent again as it is,
 * under the same Idempotency-Key, for about five minutes.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /**
   * Sends one request; `path` begins behind /api/v1, `body` is JSON text. Give a key, or an event's own id, to whatever
   * must not happen twice. Throws Unreachable.
   */
  async send(method: string, path: string, body: string | null, key: string | null): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(method, path, body, key);
      if (!("later" in answer)) return answer;
      const { url, onWait } = this.#options;
      if (attempt >= ATTEMPTS_MAX) throw new Unreachable(`${url} ${answer.later}`);
      if (attempt === 1) onWait?.(`${url} ${answer.later}`);
      await Bun.sleep(answer.waitMs ?? backoffMs(attempt));
    }
  }

  async #attempt(
    method: string,
    path: string,
    body: string | null,
    key: string | null,
  ): Promise<Answer | { later: string; waitMs: number | null }> {
    const { url, credential } = this.#options;
    const headers = {
      "Content-Type": "application/json",
      ...("apiKey" in credential
        ? { "X-API-Key": credential.apiKey }
        : { Authorization: `Bearer ${credential.token}` }),
      ...(key === null ? {} : { "Idempotency-Key": key }),
    };
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/api/v1${path}`, { method, headers, ...(body === null ? {} : { body }) });
      text = await response.text();
    } catch {
      return { later: "does not answer", waitMs: null };
    }
    const answer = read(response.status, text);
    if (isPassing(response.status, answer))
      return { later: `is away or busy (${response.status})`, waitMs: retryAfterMs(response.headers) };
    if (answer === null) throw new Unreachable(`${url} does not speak the BillAI API (${response.status})`);
    return answer;
  }
}

/** How long to wait before attempt number `attempt` + 1, in milliseconds. */
export function backoffMs(attempt: number): number {
  return Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(attempt - 1, 10));
}

/** Null for what is no envelope. */
function read(status: number, text: string): Answer | null {
  try {
    const told = JSON.parse(text) as Partial<Answer> | null;
    if (typeof told !== "object" || told?.payload === undefined) return null;
    return { status, error: told.error ?? null, payload: told.payload };
  } catch {
    return null;
  }
}

/** Trouble that goes away by itself: the server or what it needs is away, or the first try is still under way. */
function isPassing(status: number, answer: Answer | null): boolean {
  return [429, 502, 503, 504].includes(status) || answer?.error?.code === "REQ_006";
}

/** Retry-After in seconds, as the API sends it; null where it is not given. */
function retryAfterMs(headers: Headers): number | null {
  const text = headers.get("Retry-After") ?? "";
  return /^\d{1,3}$/.test(text) ? Math.min(WAIT_MS_MAX, Number(text) * 1000) : null;
}
