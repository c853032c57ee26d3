import { shardStoreContract } from "../contracts/shard_store.ts";
import { memoryShardStore } from "./shard_store.ts";
import { Tables } from "./stored.ts";

shardStoreContract("the simulation's shard store", async () => {
  const tables = new Tables();
  return {
    store: memoryShardStore(tables),
    contents: async () => {
      const customers = [...tables.customers.values()]
        .filter((kept) => kept.entries.length + kept.settled.size > 0 || kept.snapshot !== null)
        .map(({ snapshot, entries, voided, settled }) => [snapshot, [...entries], [...voided], [...settled]]);
      const redemptions = [...tables.redemptions.values()].flatMap((known) => [...known.values()]);
      const { partitions, identities, claims, orphans, wakes, deadLetters, documents, answers, nextInvoice } =
        tables;
      const others = [
        partitions,
        identities,
        claims,
        orphans,
        wakes,
        deadLetters,
        documents,
        answers,
        nextInvoice,
      ];
      const kept = others.map((table) => [...table.values()]);
      return structuredClone([customers, redemptions, ...kept, [...tables.numbers.keys()]]);
    },
    close: async () => {},
  };
});
