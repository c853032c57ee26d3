// How many invoices a second are issued when a period ends for everybody at once, beside a loop that writes the same rows.
import { connect } from "../src/adapters/postgres/pool.ts";
import { BareInserts } from "./baselines/bare_inserts.ts";
import { Bench, progress } from "./harness.ts";
import { makeBilledCustomers } from "./world/billed_customers.ts";
import { openDatabases } from "./world/databases.ts";
import { startProgram } from "./world/program.ts";

/** Customers of each run; `bun bench/invoice_run.ts 1000 100000` takes others. */
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000];
/** Invoices of one transaction of the bare loop. */
const batch = 100;
const rounds = 5;

const bench = new Bench(
  "invoice_run",
  "How many invoices a second are issued when a period ends, with 5 usage lines and the ledger's postings?",
);
const databases = await openDatabases();
try {
  for (const size of sizes) await measure(size);
  for (const size of sizes)
    bench.ratio(`BillAI to the bare loop, ${size} customers`, named(size), bareNamed(size), { atLeast: 0.5 });
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  bench.ratio(`cost of an invoice, ${most} customers to ${least}`, named(least), named(most), {
    atMost: 1.15,
  });
  bench.note(
    "A test clock is moved over the ends of months, one after the other, each with an event of every customer.",
  );
  bench.note(`Larger runs than ${most} customers take long; cost per invoice tells whether it stays flat.`);
  bench.plot(
    "Invoices a second",
    sizes.flatMap((size) => [named(size), bareNamed(size)]),
  );
} finally {
  await databases.close();
}
await bench.finish();

function named(size: number): string {
  return `BillAI, ${size} customers`;
}

function bareNamed(size: number): string {
  return `a bare loop, ${size} customers`;
}

/** Month after month of one installation, and the rows of each written again by the bare loop. */
async function measure(size: number): Promise<void> {
  const name = `invoice_run_${size}`;
  const url = await databases.fresh(name);
  const folder = databases.folder(name);
  const env = { DATABASE_URL: url, KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "off" };
  progress(`invoice_run: making ${size} customers`);
  const billed = await makeBilledCustomers(() => startProgram(folder, env), url, size);
  const sql = connect(url, { role: null, connections: 1 });
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    // The first month's end only makes drafts: nothing was to be issued before it.
    for (let round = -1; round < rounds; round++) {
      await billed.use();
      const mark = await BareInserts.mark(sql);
      const startedAt = performance.now();
      await billed.endMonth();
      const seconds = (performance.now() - startedAt) / 1000;
      const [row] = await sql<{ count: string }[]>`select count(*) from invoices`;
      if (Number(row?.count) !== size * (round + 2)) throw new Error(`${row?.count} invoices are stored`);
      if (round < 0) continue;
      ours.push(size / seconds);
      const bare = await BareInserts.of(sql, mark);
      theirs.push(size / (await bare.seconds(Math.ceil(size / batch))));
      if (round === 0) bench.note(`The bare loop of ${size} customers writes ${bare.told}.`);
      await bare.drop();
      progress(`invoice_run: ${size} customers, ${ours.at(-1)} invoices/s, bare ${theirs.at(-1)}`);
    }
  } finally {
    await sql.end({ timeout: 5 });
    await billed.program.stop();
  }
  bench.add(named(size), "invoices/s", ours);
  bench.add(bareNamed(size), "invoices/s", theirs);
}
