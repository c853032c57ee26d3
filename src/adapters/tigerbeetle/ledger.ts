import {
  type AccountFilter,
  AccountFilterFlags,
  type Client,
  CreateAccountStatus,
  type QueryFilter,
  QueryFilterFlags,
  type Transfer as TransferRow,
} from "tigerbeetle-node";
import { assert } from "../../errors.ts";
import type { Account } from "../../ledger/account.ts";
import type { Chain } from "../../ledger/transfer.ts";
import { limits } from "../../limits.ts";
import type { ChainResult, CodeTotal, Ledger, PostedTransfer, TransferQuery } from "../../ports/ledger.ts";
import type { TigerBeetle } from "./client.ts";
import { chainResult, takenResult } from "./results.ts";
import { accountRow, balanceOf, chainRows, transferOf, unfit } from "./rows.ts";

/** Rows of one answer to a query: what TigerBeetle gives at most. */
const rowsPerAnswer = limits.ledgerTransfersPerPost;

/** The ledger in a TigerBeetle cluster. It knows no companies: who asks must name accounts and ledgers of his own. */
export function tigerBeetleLedger(server: TigerBeetle): Ledger {
  return {
    openAccounts: (accounts) => openAccounts(server, accounts),
    post: (chains) => post(server, chains),
    balances: async (_companyId, ids) => {
      const rows = await server.inRequests(
        ids.map((id) => [id]),
        (client, part) => client.lookupAccounts(part),
      );
      return new Map(rows.map((row) => [row.id, balanceOf(row)]));
    },
    transfers: (_companyId, query) => readTransfers(server, query),
    totals: async (_companyId, ledgers) => {
      const totals: CodeTotal[] = [];
      for (const ledger of ledgers) totals.push(...(await totalsOf(server, ledger)));
      return totals;
    },
    ping: () => server.ping(),
  };
}

/** One that is there stays as it is, also where it differs: what does not fit it is refused when it is posted. */
async function openAccounts(server: TigerBeetle, accounts: readonly Account[]): Promise<void> {
  const answers = await server.inRequests(
    accounts.map((account) => [accountRow(account)]),
    (client, part) => client.createAccounts(part),
  );
  for (const [at, { status }] of answers.entries()) {
    const told = CreateAccountStatus[status] ?? `status ${status}`;
    assert(/^(created|exists)/.test(told), `account ${accounts[at]?.id} cannot be opened: ${told}`);
  }
}

/** Chains that cannot be sent are refused here; all others go in order, and what they find taken is looked up. */
async function post(server: TigerBeetle, chains: readonly Chain[]): Promise<ChainResult[]> {
  const results = chains.map(unsendable);
  const sent = chains.filter((_, i) => results[i] === null);
  const answers = await server.inRequests(sent.map(chainRows), (client, part) =>
    client.createTransfers(part),
  );
  let at = 0;
  const told = sent.map((chain) => {
    const statuses = answers.slice(at, at + chain.length).map(({ status }) => status);
    at += chain.length;
    return { chain, result: chainResult(statuses) };
  });
  const taken = told.filter(({ result }) => "takenAt" in result).flatMap(({ chain }) => chain);
  const there = await lookUp(
    server,
    taken.flatMap(({ id, pendingId = id }) => [id, pendingId]),
  );
  const rest = told.values();
  return results.map((refused): ChainResult => {
    if (refused !== null) return refused;
    const next = rest.next().value;
    assert(next !== undefined, "every chain that was sent has an answer");
    const { chain, result } = next;
    return "takenAt" in result ? takenResult(chain, result, there) : result;
  });
}

function unsendable(chain: Chain): ChainResult | null {
  assert(chain.length > 0, "a chain has a transfer");
  const no = (index: number, detail: string): ChainResult => ({
    ok: false,
    index,
    reason: "malformed",
    detail,
  });
  if (chain.length > limits.ledgerTransfersPerPost) return no(0, "a chain must fit into one request");
  for (const [index, transfer] of chain.entries()) {
    const field = unfit(transfer);
    if (field !== null) return no(index, `the ${field} is out of range`);
  }
  return null;
}

async function lookUp(server: TigerBeetle, ids: readonly bigint[]): Promise<Map<bigint, PostedTransfer>> {
  const rows = await server.inRequests(
    [...new Set(ids)].map((id) => [id]),
    (client, part) => client.lookupTransfers(part),
  );
  return new Map(rows.map((row) => [row.id, transferOf(row)]));
}

/** TigerBeetle looks at one account or ledger at a time: each gives its newest, and the newest of all make the page. */
async function readTransfers(server: TigerBeetle, query: TransferQuery): Promise<PostedTransfer[]> {
  const { accounts, ledgers, before } = query;
  if (before !== null && before <= 1n) return [];
  const limit = Math.min(query.limit, rowsPerAnswer);
  const filter = {
    user_data_128: query.reference ?? 0n,
    user_data_64: 0n,
    user_data_32: 0,
    code: query.code ?? 0,
    timestamp_min: 0n,
    timestamp_max: before === null ? 0n : before - 1n,
    limit,
  };
  const { debits, credits, reversed } = AccountFilterFlags;
  const ask = (client: Client): Promise<TransferRow[]>[] =>
    accounts === undefined
      ? ledgers.map((ledger) =>
          client.queryTransfers({
            ...filter,
            ledger,
            flags: QueryFilterFlags.reversed,
          } satisfies QueryFilter),
        )
      : accounts.map((account_id) =>
          client.getAccountTransfers({
            ...filter,
            account_id,
            flags: debits | credits | reversed,
          } satisfies AccountFilter),
        );
  const pages = await server.call((client) => Promise.all(ask(client)));
  const found = new Map(pages.flat().map((row) => [row.id, row]));
  return [...found.values()]
    .sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    .slice(0, limit)
    .map(transferOf);
}

/** Goes through all accounts of a ledger: TigerBeetle keeps no sums. */
async function totalsOf(server: TigerBeetle, ledger: number): Promise<CodeTotal[]> {
  const sums = new Map<number, CodeTotal>();
  for (let from = 0n; ; ) {
    const filter: QueryFilter = {
      ...{ user_data_128: 0n, user_data_64: 0n, user_data_32: 0, code: 0 },
      ...{ ledger, timestamp_min: from, timestamp_max: 0n, limit: rowsPerAnswer, flags: 0 },
    };
    const rows = await server.call((client) => client.queryAccounts(filter));
    for (const { code, debits_posted, credits_posted } of rows) {
      const { debitsPosted = 0n, creditsPosted = 0n } = sums.get(code) ?? {};
      sums.set(code, {
        ledger,
        code,
        debitsPosted: debitsPosted + debits_posted,
        creditsPosted: creditsPosted + credits_posted,
      });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerAnswer) break;
    from = last.timestamp + 1n;
  }
  return [...sums.values()].sort((a, b) => a.code - b.code);
}
