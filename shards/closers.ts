import { limits } from "../src/limits.ts";
import type { Say } from "./say.ts";

/** How to end the pieces of a process, those that began last first. */
export class Closers {
  readonly #pieces: { readonly what: string; readonly waitMsMax: number; readonly close: () => unknown }[] =
    [];
  readonly #say: Say;

  constructor(say: Say) {
    this.#say = say;
  }

  /**
   * @param what it is, for operators
   * @param close may be asynchronous
   * @param waitMsMax after which it is left behind
   */
  add(what: string, close: () => unknown, waitMsMax: number = limits.stopWaitMsMax): void {
    this.#pieces.push({ what, close, waitMsMax });
  }

  /**
   * Ends them all; may be called again. One that fails or takes too long is told and left behind: whatever is
   * acknowledged is durable, and the next start goes on from there as after a crash.
   */
  async closeAll(): Promise<void> {
    for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
      const { what, close, waitMsMax } = piece;
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        this.#say(`stopping: ${what} did not end within ${waitMsMax / 1000} s and is left behind`);
        late.resolve();
      }, waitMsMax);
      try {
        await Promise.race([close(), late.promise]);
      } catch (error) {
        this.#say(`stopping: ${what} failed (${error instanceof Error ? error.message : error})`);
      }
      clearTimeout(timer);
    }
  }
}
