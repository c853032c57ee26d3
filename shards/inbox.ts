import type { Command } from "../actors/customer/commands.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { ActorKey, StoredAnswer } from "../src/ports/stored_rows.ts";

/** What a command came to: the payload of its answer or the refusal. */
export type CommandResult = { readonly payload: unknown } | { readonly error: BillingError };

/** A command on its way to an actor, with the promise of whoever sent it. */
export interface QueuedCommand {
  readonly key: ActorKey;
  readonly command: Command;
  /** It is decided once every record of the log before this offset is applied. */
  readonly settleAt: number;
  /** Renders the answer to keep under an idempotency key, in the transaction of the effect. */
  readonly answer: ((result: CommandResult) => StoredAnswer | null) | null;
  readonly resolve: (payload: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Commands waiting for one partition, bounded: a full inbox refuses before anything is done. */
export class Inbox {
  #queue: QueuedCommand[] = [];

  push(command: QueuedCommand): void {
    if (this.#queue.length >= limits.inboxCommandsMax) {
      command.reject(
        new BillingError("DEP_001", "Too many commands are waiting; try again shortly", { retryAfterS: 1 }),
      );
      return;
    }
    this.#queue.push(command);
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Takes the commands that may be decided once the log is applied up to `offset`, in order. */
  take(offset: number, max: number): QueuedCommand[] {
    const taken: QueuedCommand[] = [];
    const held: QueuedCommand[] = [];
    const heldActors = new Set<string>();
    for (const command of this.#queue) {
      const actor = `${command.key.companyId}|${command.key.customerId}`;
      // A customer's commands keep their order: one that must wait holds those behind it.
      if (taken.length < max && command.settleAt <= offset && !heldActors.has(actor)) taken.push(command);
      else {
        held.push(command);
        heldActors.add(actor);
      }
    }
    this.#queue = held;
    return taken;
  }

  /** Refuses everything that waits, such as when the partition is lost or the process stops. */
  refuseAll(error: Error): void {
    for (const command of this.#queue) command.reject(error);
    this.#queue = [];
  }
}
