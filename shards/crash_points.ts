import { writeSync } from "node:fs";
import type { CrashAt, CrashPoint } from "../src/config.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { LedgerOutbox } from "../src/ports/ledger_outbox.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";

/** Lets what was begun get under way: a request leaves, and mostly nothing has come back. */
const underWayMs = 2;

/** A testing aid: the ports a process stands on, such that it dies at a boundary of theirs. */
export interface Crashing {
  log(log: EventLog): EventLog;
  store(store: ShardStore): ShardStore;
  outbox(outbox: LedgerOutbox): LedgerOutbox;
}

/** Ends the process as `kill -9` would; nothing of it goes on. */
export function killItself(point: CrashPoint): Promise<never> {
  writeSync(2, `crash point ${point}\n`);
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

/**
 * Ports as they are, but for the one boundary named.
 *
 * @param die how the process ends; what it gives never resolves
 */
export function crashing({ point, nth }: CrashAt, die = killItself): Crashing {
  let left = nth;
  /** Whether this is the time to die, of those that came to the point. */
  const isDue = (at: CrashPoint): boolean => at === point && --left === 0;
  const pass = async (at: CrashPoint): Promise<void> => {
    if (isDue(at)) await die(at);
  };
  const dieDuring = async <T>(at: CrashPoint, step: Promise<T>): Promise<T> => {
    if (!isDue(at)) return step;
    step.catch(() => {}); // nobody is left to hear of it
    await Bun.sleep(underWayMs);
    return die(at);
  };
  return {
    log: (log) =>
      overriding(log, {
        append: async (entries) => {
          await pass("before-append");
          const offsets = await dieDuring("in-append", log.append(entries));
          await pass("after-append");
          return offsets;
        },
      }),
    store: (store) =>
      overriding(store, {
        claimPartitions: async (partitions, address) => {
          await pass("before-claim");
          const cursors = await dieDuring("in-claim", store.claimPartitions(partitions, address));
          await pass("after-claim");
          return cursors;
        },
        loadActors: async (keys) => {
          await pass("before-load");
          const actors = await store.loadActors(keys);
          await pass("after-load");
          return actors;
        },
        commit: async (batch) => {
          await pass("before-commit");
          const finish: typeof batch.finish = (numbers) => {
            // Here, within the transaction, nothing can be awaited; nor need it be.
            if (isDue("in-commit")) void die("in-commit");
            if (batch.snapshots.length > 0 && isDue("in-snapshot")) void die("in-snapshot");
            return batch.finish(numbers);
          };
          const outcome = await store.commit({ ...batch, finish });
          if (outcome.ok) await pass("after-commit");
          return outcome;
        },
      }),
    outbox: (outbox) =>
      overriding(outbox, {
        waiting: async (perPartition, partitions) => {
          const rows = await outbox.waiting(perPartition, partitions);
          if (rows.length > 0) await pass("before-publish");
          return rows;
        },
        posted: async (rows, refused) => {
          await pass("after-publish");
          await outbox.posted(rows, refused);
        },
      }),
  };
}

/** An object that answers some calls differently. */
function overriding<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return own[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
