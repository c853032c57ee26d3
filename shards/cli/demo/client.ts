import { ApiClient } from "../api_client.ts";

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

/**
 * The demo's way to the HTTP API. Every POST carries an Idempotency-Key made of what it is for, so that a demo cut
 * short can simply be run again: what was done answers as it did then.
 */
export class DemoClient {
  readonly #api: ApiClient;

  constructor(url: string, token: string) {
    this.#api = new ApiClient({ url, credential: { token } });
  }

  get(path: string): Promise<Shown> {
    return this.#send("GET", path, null, null) as Promise<Shown>;
  }

  list(path: string): Promise<Shown[]> {
    return this.#send("GET", path, null, null) as Promise<Shown[]>;
  }

  post(path: string, body: object, key: string | null): Promise<Shown> {
    return this.#send("POST", path, body, key) as Promise<Shown>;
  }

  patch(path: string, body: object, key: string): Promise<Shown> {
    return this.#send("PATCH", path, body, key) as Promise<Shown>;
  }

  async #send(method: string, path: string, body: object | null, key: string | null): Promise<unknown> {
    const text = body === null ? null : JSON.stringify(body);
    const { error, payload } = await this.#api.send(method, path, text, key === null ? null : `demo-${key}`);
    if (error !== null) throw new Refused(error.code, `${method} ${path}: ${error.msg}`);
    return payload;
  }
}
