import type { Account } from "./account.ts";
import type { Chain, Transfer } from "./transfer.ts";

type Text<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] };
type StoredTransfer = Text<Omit<Transfer, "pendingId">> & { pendingId?: string };
type StoredAccount = Text<Account>;

/** Chains and the accounts they need as JSON text: whole numbers of 128 bits stand as decimal strings. */
export function encodeEntries(entries: {
  readonly chains: readonly Chain[];
  readonly accounts: readonly Account[];
}): string {
  const { chains, accounts } = entries;
  return JSON.stringify({ v: 1, accounts, chains }, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** What `encodeEntries` wrote. */
export function decodeEntries(text: string): { chains: Chain[]; accounts: Account[] } {
  const { accounts, chains } = JSON.parse(text) as { accounts: StoredAccount[]; chains: StoredTransfer[][] };
  return {
    accounts: accounts.map((account) => ({ ...account, id: BigInt(account.id) })),
    chains: chains.map((chain) => chain.map(transferOf)),
  };
}

function transferOf({ pendingId, ...stored }: StoredTransfer): Transfer {
  return {
    ...stored,
    id: BigInt(stored.id),
    debit: BigInt(stored.debit),
    credit: BigInt(stored.credit),
    amount: BigInt(stored.amount),
    reference: BigInt(stored.reference),
    ...(pendingId === undefined ? {} : { pendingId: BigInt(pendingId) }),
  };
}
