import { createHash, hash } from "node:crypto";
import { BillingError, invalid } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { IdempotencyStore } from "../../src/ports/idempotency_store.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Rendered } from "./envelope.ts";
import { openAnswer, sealAnswer } from "./sealed_answer.ts";

/** A request that carries an Idempotency-Key. */
export interface KeyedRequest {
  readonly companyId: string;
  /** As the client sent it; never stored. */
  readonly rawKey: string;
  /** Its hash, under which the answer is kept. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly requestHash: string;
  readonly now: Instant;
}

/** Reads the header. Null without one; throws VAL_001 for one that is no key. */
export function keyedRequest(
  rawKey: string | null,
  request: { companyId: string; method: string; url: URL; bytes: Uint8Array; now: Instant },
): KeyedRequest | null {
  if (rawKey === null) return null;
  const { companyId, method, url, bytes, now } = request;
  const max = limits.idempotencyKeyCharactersMax;
  if (rawKey.length > max || !/^[\x21-\x7e]+$/.test(rawKey)) {
    throw invalid("Idempotency-Key", `must be 1 to ${max} visible ASCII characters`);
  }
  const digest = createHash("sha256").update(`${method} ${url.pathname}${url.search}\n`).update(bytes);
  const key = hash("sha256", `${companyId.length}:${companyId}${rawKey}`);
  return { companyId, rawKey, key, method, path: url.pathname, requestHash: digest.digest("hex"), now };
}

/** The row that keeps an answer; one that holds a secret is sealed. */
export function storedAnswer(request: KeyedRequest, rendered: Rendered, secret: boolean): StoredAnswer {
  const { companyId, rawKey, key, method, path, requestHash, now } = request;
  const body = secret ? sealAnswer(rendered.body, rawKey, companyId) : rendered.body;
  return { companyId, key, method, path, requestHash, status: rendered.status, body, createdAt: now };
}

/** What is kept: success, and what a decision refused. Never what a second try could change. */
export function isKept(outcome: number | BillingError): boolean {
  if (typeof outcome === "number") return outcome >= 200 && outcome < 300;
  return outcome.code === "RES_002" || outcome.code === "SPEND_001" || outcome.code === "PAY_001";
}

/** The keys in flight in this process, and the answers of those that were. */
export class Idempotency {
  readonly #inFlight = new Set<string>();
  readonly #store: IdempotencyStore;

  constructor(store: IdempotencyStore) {
    this.#store = store;
  }

  /**
   * Replays the first answer, or runs `work` to make it. Throws REQ_005 for another request under the same key and
   * REQ_006 while the first is in flight.
   */
  async once(
    request: KeyedRequest,
    work: () => Promise<Rendered>,
  ): Promise<{ readonly rendered: Rendered; readonly replayed: boolean }> {
    const name = `${request.companyId}|${request.key}`;
    if (this.#inFlight.has(name)) {
      throw new BillingError("REQ_006", "A request with this Idempotency-Key is in flight", {
        retryAfterS: 1,
      });
    }
    this.#inFlight.add(name);
    try {
      const kept = await this.#store.find(
        request.companyId,
        request.key,
        request.now - limits.idempotencyKeptMs,
      );
      if (kept === null) return { rendered: await work(), replayed: false };
      if (kept.requestHash !== request.requestHash) {
        throw new BillingError("REQ_005", "This Idempotency-Key was used with another request", {
          field: "Idempotency-Key",
        });
      }
      const body = openAnswer(kept.body, request.rawKey, request.companyId);
      return { rendered: { status: kept.status, body }, replayed: true };
    } finally {
      this.#inFlight.delete(name);
    }
  }

  /**
   * Keeps an answer whose effect had no transaction of its own; one kept before stays. With the store away it goes
   * unkept: what was done is done, and the client had better know.
   */
  async keep(answer: StoredAnswer): Promise<void> {
    try {
      await this.#store.put(answer);
    } catch (error) {
      if (!(error instanceof BillingError)) throw error;
    }
  }
}
