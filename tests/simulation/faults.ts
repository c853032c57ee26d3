import type { ShardStore } from "../../src/ports/shard_store.ts";
import type { Scheduler } from "./scheduler.ts";
import { identityName } from "./stored.ts";
import type { Direct, Stores } from "./stores.ts";

/** A mistake put into the engines on purpose: what the simulation must find. */
export type Fault = (direct: Direct, stores: Pick<Stores, "tables" | "scheduler">) => Partial<Direct>;

function inStore(change: (store: ShardStore, stores: Parameters<Fault>[1]) => Partial<ShardStore>): Fault {
  return ({ store }, stores) => ({ store: { ...store, ...change(store, stores) } });
}

/** By the name that `--break` takes. */
export const faults: Readonly<Record<string, Fault>> = {
  /** The store takes an id it knows for a new one. */
  "double apply": inStore((store, { tables }) => ({
    commit: (batch) => {
      const isKnown = (row: (typeof batch.newIdentities)[number]) => tables.identities.has(identityName(row));
      const newIdentities = batch.newIdentities.filter((row) => !isKnown(row));
      const changedIdentities = [...batch.changedIdentities, ...batch.newIdentities.filter(isKnown)];
      return store.commit({ ...batch, newIdentities, changedIdentities });
    },
  })),
  /** The store lets an owner commit that has been replaced, and a commit that was done before. */
  unfenced: inStore((store, { tables }) => ({
    commit: (batch) => {
      const { epoch, commitSeq } = tables.partitions.get(batch.cursor.partition) ?? batch.cursor;
      return store.commit({ ...batch, cursor: { ...batch.cursor, epoch, commitSeq } });
    },
  })),
  /** A commit is answered before it is done, and is not done where the process dies meanwhile. */
  "early answer": inStore((store, { scheduler }) => ({
    commit: async (batch) => {
      const { cursor, nextOffset, nextIndex } = batch;
      soon(scheduler, () => void store.commit(batch));
      const next = { ...cursor, commitSeq: cursor.commitSeq + 1, nextOffset, nextIndex };
      return { ok: true, cursor: next, refused: [] };
    },
  })),
  /** Of a commit a part is missing. */
  "torn commit": inStore((store) => ({ commit: (batch) => store.commit({ ...batch, voids: [] }) })),
  /** A snapshot says that more is in it than there is. */
  "old snapshot": inStore((store, { tables }) => ({
    commit: (batch) => {
      const snapshots = batch.snapshots.map((row) => ({
        ...row,
        body: tables.customer(row).snapshot?.body ?? row.body,
      }));
      return store.commit({ ...batch, snapshots });
    },
  })),
  /** An invoice number is given to nobody. */
  "lost number": inStore((store, { tables }) => {
    const skip = (companyId: string) =>
      tables.nextInvoice.set(companyId, (tables.nextInvoice.get(companyId) ?? 1) + 1);
    return {
      commit: async (batch) => {
        const outcome = await store.commit(batch);
        if (!outcome.ok && outcome.reason === "answer_exists")
          for (const id of batch.numbering.keys()) skip(id);
        if (outcome.ok && batch.numbering.size > 0 && batch.cursor.commitSeq % 3 === 0)
          for (const id of batch.numbering.keys()) skip(id);
        return outcome;
      },
    };
  }),
  /** An append is acknowledged and not there. */
  "lost append": ({ log }) => {
    let calls = 0;
    const append: typeof log.append = async (entries) => {
      if (++calls % 40 !== 0) return log.append(entries);
      return Promise.all(entries.map(({ partition }) => log.endOffset(partition)));
    };
    return { log: { ...log, append } };
  },
  /** A record is passed over when it is read. */
  "skipped record": ({ log }) => {
    let calls = 0;
    const read: typeof log.read = async (partition, offset, max) => {
      const records = await log.read(partition, offset, max);
      return records.length > 1 && ++calls % 10 === 0 ? records.slice(1) : records;
    };
    return { log: { ...log, read } };
  },
  /** The ledger says that it has posted what it has not. */
  "forgotten posting": ({ ledger }) => {
    let calls = 0;
    const post: typeof ledger.post = async (chains) =>
      ++calls % 20 === 0 ? chains.map(() => ({ ok: true })) : ledger.post(chains);
    return { ledger: { ...ledger, post } };
  },
};

function soon(scheduler: Scheduler, run: () => void): void {
  const owner = scheduler.current;
  scheduler.later(owner, "commit after its answer", () => owner.alive && run());
}
