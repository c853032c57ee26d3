import { postgresLedgerDirectory } from "../../src/adapters/postgres/ledger/directory.ts";
import { postgresLedger } from "../../src/adapters/postgres/ledger/ledger.ts";
import { ledgerContract } from "../contracts/ledger.ts";
import { businessContract } from "../contracts/ledger_business.ts";
import type { LedgerSubject } from "../contracts/ledger_scene.ts";
import { openTestPostgres } from "../postgres.ts";

async function open(): Promise<LedgerSubject> {
  const { requests, shard, close } = await openTestPostgres();
  const directory = postgresLedgerDirectory(requests, shard);
  let companies = 0;
  return {
    ledger: postgresLedger(requests, shard),
    book: async (kind = "money", companyId = `co_${++companies}`) => {
      const [book] = await directory.openLedgers([{ companyId, currency: "USD", kind }]);
      if (book === undefined) throw new Error("a ledger opens");
      return book;
    },
    close,
  };
}

ledgerContract("the ledger embedded in Postgres", open);
businessContract("the ledger embedded in Postgres", open, 30);
