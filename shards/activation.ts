import type { ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Companies } from "./companies.ts";
import type { Directory } from "./directory.ts";
import { recover } from "./recovery.ts";

/**
 * Makes passive customers live; those that are stay as they are. Their companies have been met. One batch's customers
 * at most at a time, or so few as warm a partition up: together the partitions are bounded by the store's connections.
 */
export async function activate(
  keys: readonly ActorKey[],
  directory: Directory,
  { store, companies }: { readonly store: ShardStore; readonly companies: Companies },
): Promise<void> {
  const passive = keys.filter((key) => directory.get(key) === undefined);
  if (passive.length === 0) return;
  for (const stored of await store.loadActors(passive)) {
    const company = companies.known(stored.companyId);
    if (company !== null) directory.touch(stored, recover(stored, company.catalog));
  }
}
