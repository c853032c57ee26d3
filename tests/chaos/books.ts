import { doctor } from "../../shards/cli/doctor.ts";
import { breachLine } from "../../shards/ledger_breach.ts";
import { wireAuditor } from "../../shards/wiring.ts";
import { postgresLedger } from "../../src/adapters/postgres/ledger/ledger.ts";
import { migrate } from "../../src/adapters/postgres/migrate.ts";
import { connect, openPools } from "../../src/adapters/postgres/pool.ts";
import { withDatabase } from "../postgres.ts";
import { until } from "../services/service.ts";

const drainMsMax = 60_000;

/** Makes a database beside the store's that keeps a ledger; answers its address. */
export async function openBooks(url: string): Promise<string> {
  const sql = connect(url, { role: null, connections: 1 });
  await sql`create database books`;
  await sql.end();
  const books = withDatabase(url, "books");
  await migrate(books);
  return books;
}

/** Waits until the ledger has everything that commits have left for it. */
export async function drained(url: string): Promise<void> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    await until("the outbox to be empty", drainMsMax, async () => {
      const [found] = await sql<[{ rows: number }]>`select count(*)::int as rows from ledger_outbox`;
      return found.rows === 0;
    });
  } finally {
    await sql.end();
  }
}

/**
 * What an audit of all of it finds, every charge rated anew from what is stored. By `doctor`, which looks at everything
 * else, too; where the books are in a database of ours, of which it cannot know, by its auditor.
 */
export async function audit(
  env: Readonly<Record<string, string>>,
  url: string,
  books: string | null,
): Promise<string[]> {
  if (books === null) {
    const code = await doctor({ ...process.env, ...env }, (line) => process.stdout.write(line));
    return code === 0 ? [] : ["the doctor finds something, see above"];
  }
  const pools = openPools(books);
  const { auditor, close } = await wireAuditor(url, postgresLedger(pools.requests, pools.shard));
  try {
    const { ledgers, customers, breaches, unsettled } = await auditor.all();
    process.stdout.write(`${ledgers} ledgers and ${customers} customers audited\n`);
    return [...breaches.map(breachLine), ...unsettled.map((id) => `${id} did not stand still`)];
  } finally {
    await close();
    await pools.close();
  }
}
