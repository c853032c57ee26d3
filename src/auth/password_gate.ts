import { BillingError } from "../errors.ts";
import { limits } from "../limits.ts";

/** Lets few password checks run at once and few more wait; refuses the rest. */
export class PasswordGate {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Runs the check in its turn. Throws REQ_003 when too many wait already. */
  async pass<T>(check: () => Promise<T>): Promise<T> {
    if (this.#running < limits.passwordChecksAtOnce) this.#running += 1;
    else await this.#turn();
    try {
      return await check();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // the place passes on; the count stays
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= limits.passwordChecksWaitingMax) {
      throw new BillingError("REQ_003", "Too many logins at once; try again shortly", { retryAfterS: 1 });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
