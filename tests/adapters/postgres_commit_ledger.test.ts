import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ledgerOutbox } from "../../src/adapters/postgres/ledger/commit_ledger.ts";
import { postgresLedgerDirectory } from "../../src/adapters/postgres/ledger/directory.ts";
import { postgresLedger } from "../../src/adapters/postgres/ledger/ledger.ts";
import { postgresLedgerOutbox } from "../../src/adapters/postgres/ledger/outbox.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { type Account, accountOf, type LedgerBook } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import { Legs, type Posting } from "../../src/ledger/postings/posting.ts";
import { decodeEntries } from "../../src/ledger/stored_chain.ts";
import type { LedgerEntries } from "../../src/ports/ledger_outbox.ts";
import type { PartitionCursor } from "../../src/ports/stored_rows.ts";
import { batchOf, company, customer, factOf } from "../contracts/shard_batches.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

let database: TestPostgres;
let book: LedgerBook;
let cursors: PartitionCursor[] = [];
let posted = 0;

beforeEach(async () => {
  database = await openTestPostgres();
  const { owner, requests, shard } = database;
  await owner`insert into companies (id, name, created_at, updated_at) values (${company}, 'A', 0, 0)`;
  const key = { companyId: company, currency: "USD", kind: "money" as const };
  const [opened = expect.unreachable("a ledger")] = await postgresLedgerDirectory(
    requests,
    shard,
  ).openLedgers([key]);
  book = opened;
  cursors = await postgresShardStore(shard).claimPartitions([0, 1]);
}, 60_000);
afterEach(() => database.close());

const receivable = () => accountOf(book, "receivable", customer.customerId, customer.customerId);
const revenue = () => accountOf(book, "usageRevenue", "prod_1");
const cash = () => accountOf(book, "processorClearing");

function moved(debit: Account, credit: Account, units: bigint, factId = `fact ${++posted}`): Posting {
  const occasion = { book, kind: "test", factId, reference: 1n, at: 1_000 };
  const posting = new Legs(occasion).move(transferCodes.invoiceIssued, debit, credit, units).posting();
  return posting ?? expect.unreachable("something moves");
}

function entriesOf(...postings: Posting[]): LedgerEntries {
  const accounts = postings.flatMap((posting) => posting.accounts);
  return { chains: postings.map(({ chain }) => chain), accounts, unopened: accounts };
}

function commit(partition: number, ...postings: Posting[]) {
  const cursor = cursors[partition] ?? expect.unreachable("claimed");
  return postgresShardStore(database.shard).commit(batchOf(cursor, { ledger: entriesOf(...postings) }));
}

/** "debits/credits" of accounts. */
async function held(...accounts: Account[]): Promise<string[]> {
  const ledger = postgresLedger(database.requests, database.shard);
  const balances = await ledger.balances(
    company,
    accounts.map(({ id }) => id),
  );
  return accounts.map(({ id }) => `${balances.get(id)?.debitsPosted}/${balances.get(id)?.creditsPosted}`);
}

describe("a commit", () => {
  test("posts its chains, those that a bound could refuse among them, in order", async () => {
    const outcome = await commit(
      0,
      moved(receivable(), revenue(), 5n),
      moved(cash(), receivable(), 3n),
      moved(cash(), revenue(), 2n),
    );
    expect(outcome).toMatchObject({ ok: true, refused: [] });
    expect(await held(receivable(), revenue(), cash())).toEqual(["5/3", "0/7", "5/0"]);
  });

  test("goes on where a chain is refused, and keeps it for a person to look at", async () => {
    const [good, bad] = [moved(receivable(), revenue(), 5n), moved(cash(), receivable(), 6n)];
    const outcome = await commit(0, good, bad);
    expect(outcome).toMatchObject({
      ok: true,
      cursor: { commitSeq: 1 },
      refused: [{ companyId: company, chain: bad.chain, index: 0, reason: "exceeds_debits" }],
    });
    expect(await held(receivable(), cash())).toEqual(["5/0", "0/0"]);
    const rows = await database.owner`select reason, chain::text as chain from ledger_refusals`;
    expect(rows.map(({ reason }) => reason)).toEqual(["exceeds_debits"]);
    expect(decodeEntries(String(rows[0]?.chain)).chains).toEqual([[...bad.chain]]);
    // The id is burnt: it cannot succeed later.
    const ledger = postgresLedger(database.requests, database.shard);
    await ledger.post([moved(receivable(), revenue(), 5n).chain]);
    expect(await ledger.post([bad.chain])).toMatchObject([{ ok: false, reason: "id_already_failed" }]);
  });

  test("that is fenced, or refused for its data, posts nothing", async () => {
    const cursor = { ...(cursors[0] ?? expect.unreachable("claimed")), epoch: 99 };
    const store = postgresShardStore(database.shard);
    const ledger = entriesOf(moved(receivable(), revenue(), 5n));
    expect(await store.commit(batchOf(cursor, { ledger }))).toMatchObject({ ok: false, reason: "fenced" });
    const [own = expect.unreachable("claimed")] = cursors;
    const facts = [factOf(customer, 1), factOf(customer, 1)];
    expect(await store.commit(batchOf(own, { ledger, facts }))).toMatchObject({ ok: false, reason: "data" });
    const [row] = await database.owner`select (select count(*) from ledger_transfers)::int as transfers,
      (select count(*) from ledger_accounts)::int as accounts, (select count(*) from ledger_balances)::int as balances`;
    expect(row).toEqual({ transfers: 0, accounts: 0, balances: 0 });
  });

  test("posts the same chain once, whoever posts it again", async () => {
    const posting = moved(receivable(), revenue(), 5n, "once");
    await commit(0, posting);
    await commit(1, posting);
    const ledger = postgresLedger(database.requests, database.shard);
    expect(await ledger.post([posting.chain])).toEqual([{ ok: true }]);
    expect(await held(receivable(), revenue())).toEqual(["5/0", "0/5"]);
  });

  test("of one partition does not wait for another's on accounts of the company", async () => {
    await commit(0, moved(cash(), revenue(), 1n));
    const { promise: held0, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: hold } = Promise.withResolvers<void>();
    const holder = database.owner.begin(async (tx) => {
      await tx`select from ledger_balances for update`;
      hold();
      await held0;
    });
    await locked;
    expect(await commit(1, moved(cash(), revenue(), 2n))).toMatchObject({ ok: true });
    release();
    await holder;
    expect(await held(cash(), revenue())).toEqual(["3/0", "0/3"]);
  });

  test("leaves its chains in the outbox where another engine keeps the ledger", async () => {
    const store = postgresShardStore(database.shard, ledgerOutbox);
    const outbox = postgresLedgerOutbox(database.shard);
    const [first = expect.unreachable("claimed"), second = expect.unreachable("claimed")] = cursors;
    const entries = entriesOf(moved(receivable(), revenue(), 5n));
    const outcome = await store.commit(batchOf(first, { ledger: entries }));
    if (!outcome.ok) return expect.unreachable("it commits");
    await store.commit(batchOf(second, { ledger: entriesOf(moved(cash(), revenue(), 2n)) }));
    await store.commit(batchOf(outcome.cursor, { ledger: entriesOf(moved(cash(), revenue(), 1n)) }));
    const rows = await outbox.waiting(1);
    expect(rows.map(({ partition, commitSeq }) => [partition, commitSeq])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    const { chains, accounts } = entries;
    expect(decodeEntries(rows[0]?.body ?? "")).toEqual({
      chains: chains.map((c) => [...c]),
      accounts: [...accounts],
    });
    expect([await outbox.isBehind(0), await outbox.isBehind(1), await outbox.isBehind(2)]).toEqual([
      true,
      true,
      false,
    ]);
    await outbox.posted(rows, []);
    expect((await outbox.waiting(5)).map(({ commitSeq }) => commitSeq)).toEqual([2]);
    expect(await held(receivable(), revenue())).toEqual(["0/0", "0/0"]);
  });
});
