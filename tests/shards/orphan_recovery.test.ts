import { afterEach, expect, test } from "bun:test";
import type { IngestResult } from "../../shards/ingest.ts";
import { OrphanRecovery } from "../../shards/orphan_recovery.ts";
import { limits } from "../../src/limits.ts";
import type { OrphanStore } from "../../src/ports/orphan_store.ts";
import type { OrphanRow } from "../../src/ports/stored_rows.ts";
import { orphanOf } from "../contracts/shard_batches.ts";

type Recover = ConstructorParameters<typeof OrphanRecovery>[1]["ingest"];

const event = { event_id: "e", event_type: "llm", customer_id: "ada", properties: {} };
let recovery: OrphanRecovery | null = null;
afterEach(() => recovery?.stop());

/** A recovery over a list of open orphans of any company, which stay ripe until they are taken from it. */
function open(open: OrphanRow[], ingest: Recover, companies: readonly string[] = []) {
  const looks: string[] = [];
  const said: string[] = [];
  const store: OrphanStore = {
    companiesWithOpen: async () => [...companies],
    ripe: async (companyId, after, limit) => {
      looks.push(companyId);
      const from = after === null ? 0 : open.findIndex((row) => row.id === after.id) + 1;
      return open.slice(from, from + limit);
    },
    discard: async () => false,
  };
  const made = new OrphanRecovery(store, { ingest }, (line) => said.push(line));
  recovery = made;
  return { recovery: made, looks, said, store };
}

/** Waits for something that happens by itself. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const rows = (count: number): OrphanRow[] =>
  Array.from({ length: count }, (_, n) =>
    orphanOf(`orph_${String(n).padStart(5, "0")}`, {
      event: JSON.stringify(event),
      receivedAt: n,
    }),
  );
const stays: IngestResult = { event_id: "e", status: "orphaned", reason: "no_customer" };

test("what stays an orphan is offered once for each time something came, in pages", async () => {
  const sizes: number[] = [];
  const { recovery, looks } = open(rows(limits.orphansPerRound + 1), async (_company, incoming) => {
    sizes.push(incoming.length);
    return incoming.map(() => stays);
  });
  recovery.wake("co_a");
  await until(() => sizes.length === 2);
  recovery.wake("co_b"); // the next round shows that nothing else was waiting
  await until(() => looks.includes("co_b") && sizes.length === 4);
  expect(sizes).toEqual([limits.orphansPerRound, 1, limits.orphansPerRound, 1]);
  expect(looks).toEqual(["co_a", "co_a", "co_b", "co_b"]);
});

test("a caller does not wait, and many who come at once are answered in one round", async () => {
  const gate = Promise.withResolvers<void>();
  const { recovery, looks } = open(rows(1), async () => {
    await gate.promise;
    return [stays];
  });
  recovery.wake("co_a");
  await until(() => looks.length === 1);
  for (let n = 0; n < 50; n++) recovery.wake("co_a");
  expect(looks).toEqual(["co_a"]);
  gate.resolve();
  await until(() => looks.length === 2);
  recovery.wake("co_b");
  await until(() => looks.includes("co_b"));
  expect(looks).toEqual(["co_a", "co_a", "co_b"]);
});

test("a store that is away is told of and asked again; other companies are served meanwhile", async () => {
  const offered: string[] = [];
  const { recovery, store, said } = open(rows(1), async (company) => {
    offered.push(company);
    return [stays];
  });
  const ripe = store.ripe;
  let fails = true;
  store.ripe = (...asked) => {
    if (!fails || asked[0] !== "co_a") return ripe(...asked);
    fails = false;
    return Promise.reject(new Error("away"));
  };
  recovery.wake("co_a");
  recovery.wake("co_b");
  await until(() => offered.length === 2);
  expect(offered.toSorted()).toEqual(["co_a", "co_b"]);
  expect(said).toEqual(["orphan events of co_a are tried again later: Error: away"]);
});

test("a log that is away delays a retry and does not lose it", async () => {
  const open_ = rows(1);
  let away = true;
  const { recovery, said } = open(open_, async () => {
    if (away) {
      away = false;
      return [{ event_id: "e", status: "rejected", code: "DEP_001", msg: "The event log is away" }];
    }
    open_.length = 0;
    return [{ event_id: "e", status: "applied" }];
  });
  recovery.wake("co_a");
  await until(() => open_.length === 0);
  expect(said.length).toBe(1);
});

test("a start looks at every company that has open ones; after a stop nothing is tried", async () => {
  const { recovery, looks } = open([], async () => [], ["co_a", "co_b"]);
  await recovery.start();
  await until(() => looks.length === 2);
  await recovery.stop();
  recovery.wake("co_c");
  await recovery.stop();
  expect(looks).toEqual(["co_a", "co_b"]);
});
