import { expect, test } from "bun:test";
import { join } from "node:path";
import { crashing } from "../../shards/crash_points.ts";
import { type CrashAt, type CrashPoint, crashPoints } from "../../src/config.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import type { LedgerOutbox } from "../../src/ports/ledger_outbox.ts";
import type { ShardStore } from "../../src/ports/shard_store.ts";
import { batchOf, customer } from "../contracts/shard_batches.ts";

const cursor = { partition: 0, epoch: 1, commitSeq: 0, nextOffset: 0, nextIndex: 0 };
const withSnapshot = { snapshots: [{ ...customer, seq: 1, version: 1, body: "{}", at: 0 }] };
const row = { partition: 0, commitSeq: 1, body: "" };

/** A process's steps until it died, and where it did. A step that is under way has begun and not ended. */
async function life(at: CrashAt): Promise<{ steps: string[]; died: CrashPoint | null }> {
  const steps: string[] = [];
  let died: CrashPoint | null = null;
  const step = async <T>(name: string, result: T): Promise<T> => {
    steps.push(`${name} begins`);
    await Bun.sleep(died === null ? 5 : 0);
    if (died === null) steps.push(name);
    return result;
  };
  const crash = crashing(at, (point) => {
    died = point;
    throw new Error("dead");
  });
  const log = crash.log({ append: () => step("append", [0]) } as Partial<EventLog> as EventLog);
  const store = crash.store({
    claimPartitions: () => step("claim", []),
    loadActors: () => step("load", []),
    commit: async (batch) => {
      steps.push("commit begins");
      batch.finish(new Map());
      steps.push("commit");
      return { ok: true, cursor: batch.cursor, refused: [] };
    },
  } as Partial<ShardStore> as ShardStore);
  const outbox = crash.outbox({
    waiting: () => step("read", [row]),
    posted: () => step("remove", undefined),
  } as Partial<LedgerOutbox> as LedgerOutbox);
  try {
    await store.claimPartitions([0]);
    await store.loadActors([]);
    await log.append([]);
    await store.commit(batchOf(cursor));
    await store.commit(batchOf(cursor, withSnapshot));
    await outbox.waiting(1);
    await outbox.posted([row], []);
  } catch {
    // it is dead, as `died` tells
  }
  return { steps, died };
}

const lastSteps: Record<CrashPoint, string | undefined> = {
  "before-claim": undefined,
  "in-claim": "claim begins",
  "after-claim": "claim",
  "before-load": "claim",
  "after-load": "load",
  "before-append": "load",
  "in-append": "append begins",
  "after-append": "append",
  "before-commit": "append",
  "in-commit": "commit begins",
  "after-commit": "commit",
  "in-snapshot": "commit begins",
  "before-publish": "read",
  "after-publish": "read",
};

test.each([...crashPoints])("a process dies %s and nothing follows", async (point) => {
  const { steps, died } = await life({ point, nth: 1 });
  expect(died).toBe(point);
  expect(steps.at(-1)).toBe(lastSteps[point] as string);
});

test("the second time it comes to the point, where that is asked for", async () => {
  const { steps, died } = await life({ point: "in-commit", nth: 2 });
  expect(died).toBe("in-commit");
  expect(steps.filter((step) => step === "commit")).toHaveLength(1);
  expect(await life({ point: "in-snapshot", nth: 2 })).toMatchObject({ died: null });
});

test("what is wrapped answers everything else itself", async () => {
  class Log {
    readonly #end = 7;
    async endOffset(): Promise<number> {
      return this.#end;
    }
  }
  const log = crashing({ point: "in-append", nth: 1 }).log(new Log() as unknown as EventLog);
  expect(await log.endOffset(0)).toBe(7);
});

test("it ends as kill -9 would end it, saying where", async () => {
  const child = Bun.spawn(
    [process.execPath, "-e", `(await import("./crash_points.ts")).killItself("in-commit"); for (;;);`],
    { cwd: join(import.meta.dir, "../../shards"), stdout: "ignore", stderr: "pipe" },
  );
  expect(await new Response(child.stderr).text()).toBe("crash point in-commit\n");
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
});
