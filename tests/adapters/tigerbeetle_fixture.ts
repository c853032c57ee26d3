import { openTigerBeetle } from "../../src/adapters/tigerbeetle/open.ts";
import { type LedgerBook, ledgerScale } from "../../src/ledger/account.ts";
import type { LedgerSubject } from "../contracts/ledger_scene.ts";

/** The server tests may post to, for ever: nothing is ever deleted there. Null where none is given. */
export const givenAddresses = process.env.TIGERBEETLE_ADDRESSES?.split(",") ?? null;

/** A number no run before has used. */
export function fresh(): number {
  return ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) >>> 2) + 1;
}

/** A ledger of a company of its own on a server that has others. */
export function freshBook(
  kind: LedgerBook["kind"] = "money",
  companyId = `co_${fresh()}${fresh()}`,
): LedgerBook {
  return { companyId, currency: "USD", kind, number: fresh(), scale: ledgerScale("USD") };
}

/** The ledger on the server at these addresses. */
export function tigerBeetleSubject(addresses: readonly string[]): LedgerSubject {
  return {
    ...openTigerBeetle({ cluster: 0n, addresses }),
    book: async (kind, companyId) => freshBook(kind, companyId),
  };
}
