import { hash } from "node:crypto";
import { BillingError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Cache } from "../ports/cache.ts";

/** Counts wrong passwords per account and per address, and makes both wait after too many. */
export class LoginThrottle {
  readonly #cache: Cache;
  readonly #realm: string;

  constructor(cache: Cache, realm: string) {
    this.#cache = cache;
    this.#realm = realm;
  }

  /** Throws REQ_003 while the account or the address has failed too often, right password or not. */
  async check(email: string, address: string): Promise<void> {
    const [ofAccount, ofAddress] = await Promise.all([
      this.#cache.get(this.#accountKey(email)),
      this.#cache.get(this.#addressKey(address)),
    ]);
    const tooMany =
      Number(ofAccount ?? 0) >= limits.loginFailuresPerAccount ||
      Number(ofAddress ?? 0) >= limits.loginFailuresPerAddress;
    if (tooMany) {
      const retryAfterS = limits.loginWindowMs / 1000;
      throw new BillingError("REQ_003", "Too many failed logins; try again later", { retryAfterS });
    }
  }

  /** Counts a failure against both. */
  async failed(email: string, address: string): Promise<void> {
    await Promise.all([
      this.#cache.increment(this.#accountKey(email), limits.loginWindowMs),
      this.#cache.increment(this.#addressKey(address), limits.loginWindowMs),
    ]);
  }

  /** A right password clears the account, not the address: others may have failed from there. */
  async succeeded(email: string): Promise<void> {
    await this.#cache.delete(this.#accountKey(email));
  }

  #accountKey(email: string): string {
    return `login_failures:${this.#realm}:account:${hash("sha256", email)}`;
  }

  #addressKey(address: string): string {
    return `login_failures:${this.#realm}:address:${address}`;
  }
}
