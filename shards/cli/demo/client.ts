/** One object of an answer. */
export type Shown = Readonly<Record<string, unknown>> & { readonly id: string };

/** Why a request was refused, in the server's words. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, msg: string) {
    super(`${code}: ${msg}`);
    this.code = code;
  }
}

const ATTEMPTS = 20;

/**
 * The demo's way to the HTTP API. Every POST carries an Idempotency-Key made of what it is for, so that a demo cut
 * short can simply be run again: what was done answers as it did then.
 */
export class DemoClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  get(path: string): Promise<Shown> {
    return this.#send("GET", path, undefined, null) as Promise<Shown>;
  }

  list(path: string): Promise<Shown[]> {
    return this.#send("GET", path, undefined, null) as Promise<Shown[]>;
  }

  post(path: string, body: object, key: string | null): Promise<Shown> {
    return this.#send("POST", path, body, key) as Promise<Shown>;
  }

  patch(path: string, body: object, key: string): Promise<Shown> {
    return this.#send("PATCH", path, body, key) as Promise<Shown>;
  }

  async #send(method: string, path: string, body: object | undefined, key: string | null): Promise<unknown> {
    const headers = {
      Authorization: `Bearer ${this.#token}`,
      "Content-Type": "application/json",
      ...(key === null ? {} : { "Idempotency-Key": `demo-${key}` }),
    };
    for (let attempt = 1; ; attempt++) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${this.#url}/api/v1${path}`, { method, headers, ...sent });
      const told = (await response.json()) as {
        success: boolean;
        error: { code: string; msg: string };
        payload: unknown;
      };
      if (told.success) return told.payload;
      const busy = response.status === 503 || response.status === 429;
      if (!busy || attempt >= ATTEMPTS)
        throw new Refused(told.error.code, `${method} ${path}: ${told.error.msg}`);
      await Bun.sleep(100 * attempt);
    }
  }
}
