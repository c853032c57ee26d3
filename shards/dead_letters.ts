import type { EventLog } from "../src/ports/event_log.ts";
import type { DeadLetter } from "../src/ports/stored_rows.ts";

/**
 * Shows the dead letters of a batch to whoever watches the log, each once however often the batch is decided. That is
 * a courtesy: the store keeps them all, and a log that does not take them stops nothing.
 */
export class DeadLetters {
  readonly #log: EventLog;
  readonly #warn: (line: string) => void;
  readonly #shown = new Set<string>();

  constructor(log: EventLog, warn: (line: string) => void) {
    this.#log = log;
    this.#warn = warn;
  }

  async show(letters: readonly DeadLetter[]): Promise<void> {
    const fresh = letters.filter(({ offset, index }) => !this.#shown.has(`${offset} ${index}`));
    if (fresh.length === 0) return;
    for (const { offset, index } of fresh) this.#shown.add(`${offset} ${index}`);
    await this.#log.bury(fresh).catch((error: Error) => {
      this.#warn(`${fresh.length} dead letters are in the store alone: ${error.message}`);
    });
  }
}
