import type { Ledger } from "../../ports/ledger.ts";
import { type ClusterAt, TigerBeetle } from "./client.ts";
import { tigerBeetleLedger } from "./ledger.ts";

/** The ledger in a cluster, which may be away for now. Loads the client, an addon that not every machine has. */
export function openTigerBeetle(at: ClusterAt): { readonly ledger: Ledger; close(): Promise<void> } {
  const server = new TigerBeetle(at);
  return { ledger: tigerBeetleLedger(server), close: () => server.close() };
}
