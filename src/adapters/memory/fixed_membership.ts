import { assert } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Membership } from "../../ports/membership.ts";

type Assigned = (partitions: readonly number[]) => Promise<void>;

/**
 * The membership of a process whose partitions nobody else is ever given. `say` hears in one line of partitions that
 * could not be taken over.
 */
export function fixedMembership(partitions: readonly number[], say: (line: string) => void): Membership {
  return new FixedMembership(partitions, say);
}

class FixedMembership implements Membership {
  readonly #partitions: readonly number[];
  readonly #say: (line: string) => void;
  #assigned: Assigned | null = null;
  /** What was asked for, one after the other. */
  #steps: Promise<void> = Promise.resolve();
  #holds = false;
  #isCurrent = false;
  #left = false;

  constructor(partitions: readonly number[], say: (line: string) => void) {
    this.#partitions = partitions.toSorted((a, b) => a - b);
    this.#say = say;
  }

  join(assigned: Assigned): Promise<void> {
    assert(this.#assigned === null && !this.#left, "a process joins once");
    this.#assigned = assigned;
    return this.#next(() => this.#take(assigned));
  }

  leave(): Promise<void> {
    this.#left = true;
    return this.#next(async () => {
      await this.#release();
      this.#isCurrent = false;
    });
  }

  isCurrent(): boolean {
    return this.#isCurrent;
  }

  rejoin(): void {
    const assigned = this.#assigned;
    if (assigned === null) return;
    this.#isCurrent = false;
    this.#next(async () => {
      await this.#release();
      await this.#take(assigned);
    });
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(step);
    return this.#steps;
  }

  async #take(assigned: Assigned): Promise<void> {
    while (!this.#left) {
      this.#isCurrent = true;
      if (this.#partitions.length === 0) return;
      try {
        this.#holds = true;
        return await assigned(this.#partitions);
      } catch (error) {
        this.#isCurrent = false;
        this.#say(`The partitions were not taken over (${error}); trying again`);
        await this.#release();
        await Bun.sleep(limits.groupRetryMsMax);
      }
    }
  }

  async #release(): Promise<void> {
    if (!this.#holds) return;
    this.#holds = false;
    await this.#assigned?.([]).catch((error) => this.#say(`The partitions were not let go of (${error})`));
  }
}
