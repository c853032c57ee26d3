import { assert } from "../../src/errors.ts";
import type { EventLog, LogEntry } from "../../src/ports/event_log.ts";
import type { Call, Engine } from "./engine.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/**
 * The log as one process sees it. Its appends keep their order; some are there twice, as where a producer tried again.
 *
 * @param twice how often
 */
export function logOf(
  owner: Owner,
  direct: EventLog,
  engine: Engine,
  scheduler: Scheduler,
  { twice, embedded }: { twice: number; embedded: boolean },
): EventLog {
  const { random } = scheduler;
  const queue: Call<number[]>[] = [];
  const append = (entries: readonly LogEntry[]): Promise<number[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    const effect = async (): Promise<number[]> => {
      const offsets = await direct.append(entries);
      if (random.chance(twice)) await direct.append(entries);
      return offsets;
    };
    queue.push({ effect, resolve, reject });
    // Whichever call has its turn, it is that of the append that was called first.
    engine.submit(owner, "append", true, () => {
      const first = queue.shift();
      assert(first !== undefined, "as many turns as appends");
      return first;
    });
    return promise;
  };
  return {
    identity: direct.identity,
    embedded,
    append,
    read: (...asked) => engine.call(owner, "read", false, () => direct.read(...asked)),
    endOffset: (id) => engine.call(owner, "endOffset", false, () => direct.endOffset(id)),
    extents: () => engine.call(owner, "extents", false, () => direct.extents()),
    bury: (letters) => engine.call(owner, "bury", true, () => direct.bury(letters)),
    onAppend: (listener) =>
      direct.onAppend((partitions) =>
        scheduler.later(owner, "log grew", () => owner.alive && listener(partitions)),
      ),
    close: async () => {},
  };
}
