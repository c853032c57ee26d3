import { hash } from "node:crypto";
import { BillingError } from "../errors.ts";
import type { Bucket, RateLimiter } from "../ports/rate_limiter.ts";
import { accountFailuresRule, addressFailuresRule } from "../rate_limits/rules.ts";

/** Counts wrong passwords per account and per address, and makes both wait after too many. */
export class LoginThrottle {
  readonly #limiter: RateLimiter;
  readonly #realm: string;

  constructor(limiter: RateLimiter, realm: string) {
    this.#limiter = limiter;
    this.#realm = realm;
  }

  /** Throws REQ_003 while the account or the address has failed too often, right password or not. */
  async check(email: string, address: string): Promise<void> {
    const looks = this.#buckets(email, address).map((bucket) => this.#limiter.take([bucket], 0));
    const standings = (await Promise.all(looks)).flatMap((look) => look.standings);
    const waits = standings.filter(({ remaining }) => remaining === 0).map(({ waitMs }) => waitMs);
    if (waits.length === 0) return;
    throw new BillingError("REQ_003", "Too many failed logins; try again later", {
      retryAfterS: Math.max(...waits) / 1000,
    });
  }

  /** Counts a failure against both. */
  async failed(email: string, address: string): Promise<void> {
    await Promise.all(this.#buckets(email, address).map((bucket) => this.#limiter.take([bucket], 1)));
  }

  /** A right password clears the account, not the address: others may have failed from there. */
  async succeeded(email: string): Promise<void> {
    await this.#limiter.reset(this.#ofAccount(email));
  }

  #buckets(email: string, address: string): Bucket[] {
    const key = `login:${this.#realm}:address:{${address}}`;
    return [this.#ofAccount(email), { key, rule: addressFailuresRule }];
  }

  #ofAccount(email: string): Bucket {
    return { key: `login:${this.#realm}:account:{${hash("sha256", email)}}`, rule: accountFailuresRule };
  }
}
