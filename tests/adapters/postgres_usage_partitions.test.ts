import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { migrate, readMigrations } from "../../src/adapters/postgres/migrate.ts";
import { connect, openPools } from "../../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { arrangeUsage } from "../../src/adapters/postgres/usage/arrange.ts";
import { makeUsageMonths } from "../../src/adapters/postgres/usage/months.ts";
import type { UsageTier } from "../../src/adapters/postgres/usage/tier.ts";
import { postgresUsageTotals } from "../../src/adapters/postgres/usage/totals.ts";
import { limits } from "../../src/limits.ts";
import type { UsageRow } from "../../src/ports/stored_rows.ts";
import {
  batchOf,
  company,
  customer,
  identityOf,
  neighbour,
  usageOf,
  voidOf,
} from "../contracts/shard_batches.ts";
import { openTestPostgres, type TestPostgres, withDatabase } from "../postgres.ts";
import { usageServers } from "../usage_servers.ts";

const dayMs = 86_400_000;
const now = Date.UTC(2026, 10, 23, 12);
/** The last migration before usage had partitions. */
const before = readMigrations().findIndex(({ name }) => name === "usage_partitions");

/** Every row, old columns alone, in an order of its own. */
async function rowsOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ row: string }[]>`
    select (company_id, customer_id, seq, event_id, source, event_type, subscription_id, occurred_at, received_at,
      recorded_at, properties, charge, currency, while_suspended, partition, commit_seq, voided_at)::text as row
    from usage_events order by company_id, customer_id, seq`;
  return rows.map(({ row }) => row);
}

/** Where rows are: the partition, chunks not told apart, and how many. */
async function placesOf(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql<{ place: string; rows: string }[]>`
    select tableoid::regclass::text as place, count(*) as rows from usage_events group by 1`;
  return Object.fromEntries(rows.map(({ place, rows: count }) => [place, Number(count)]));
}

/** Usage as an earlier release left it: three years of it, something to come, and two voids. */
async function fill(sql: Sql): Promise<void> {
  await sql`insert into companies (id, name, created_at, updated_at) values (${company}, 'a', 0, 0)`;
  await sql`
    insert into usage_events (company_id, customer_id, seq, event_id, source, event_type, subscription_id, occurred_at,
      received_at, recorded_at, properties, charge, currency, while_suspended, partition, commit_seq, voided_at)
    select ${company}, 'cust_' || n % 7, n, 'event ' || n, 'api', 'api_call', 'sub_1',
      (extract(epoch from now()) * 1000)::bigint + (n - 900) * ${dayMs}::bigint, n, n, '{"q": 0.10}', n * 0.0001,
      'USD', false, n % 3, n, case when n % 500 = 0 then 77 end
    from generate_series(1, 1000) n`;
  await sql`insert into partitions (id, epoch, commit_seq, next_offset, next_index)
    select id, 1, 2000, 0, 0 from generate_series(0, 2) id`;
}

for (const [tier, address] of usageServers) {
  if (address === null) {
    test.skip(`unproven: bringing usage over to tier ${tier}, for want of such a server`, () => {});
  } else {
    describe(`a database of an earlier release, tier ${tier}`, () => broughtOver(tier, address));
  }
}

function broughtOver(tier: UsageTier, address: string): void {
  let server: TestPostgres;
  let url: string;
  let sql: Sql;
  const name = `billai_before_${process.pid}_${tier}`;

  beforeAll(async () => {
    server = await openTestPostgres(address);
    await server.owner`create database ${server.owner(name)}`;
    url = withDatabase(server.url, name);
    sql = connect(url, { role: null, connections: 1 });
  }, 60_000);
  afterAll(async () => {
    await sql.end();
    await server.owner`drop database ${server.owner(name)} with (force)`;
    await server.close();
  });

  test("keeps every row, and counts what counted", async () => {
    expect(await migrate(url, readMigrations().slice(0, before))).toHaveLength(before);
    await fill(sql);
    const rows = await rowsOf(sql);
    expect(await migrate(url)).toHaveLength(readMigrations().length - before);
    expect(await arrangeUsage(url)).toBe(tier);
    expect(await arrangeUsage(url)).toBe(tier); // as the next start does
    expect(await rowsOf(sql)).toEqual(rows);
    const pools = openPools(url);
    const totals = postgresUsageTotals(pools, url, tier);
    await totals.refresh(Date.now());
    const hours = await totals.usageByHour(company, null, -1e15, 1e15);
    const key = { companyId: company, customerId: "cust_3" };
    const [actor] = await postgresShardStore(pools.shard).loadActors([key]);
    await pools.close();
    expect(hours.reduce((sum, { events }) => sum + events, 0)).toBe(998);
    // 0.0001 × (1 + … + 1000 - 500 - 1000), in units of 0.0001
    expect(hours.reduce((sum, { charge }) => sum + Math.round(Number(charge) * 10_000), 0)).toBe(499_000);
    expect(actor?.tail).toHaveLength(143);
  });

  test("goes on where it stood", async () => {
    const pools = openPools(url);
    const store = postgresShardStore(pools.shard);
    const cursor = await store.readCursor(0);
    const row = usageOf({ companyId: company, customerId: "cust_1" }, 2000, { occurredAt: Date.now() });
    expect((await store.commit(batchOf(cursor, { usage: [row] }))).ok).toBe(true);
    expect(await rowsOf(sql)).toHaveLength(1001);
    await pools.close();
  });
}

const plain = new Map(usageServers).get("none") ?? null;
describe.skipIf(plain === null)("usage by month", () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await openTestPostgres(plain ?? "");
  }, 60_000);
  afterAll(() => postgres.close());

  const made = (at: number) => makeUsageMonths(postgres.url, at);

  async function commit(rows: readonly UsageRow[]): Promise<void> {
    const store = postgresShardStore(postgres.shard);
    const [cursor = expect.unreachable("not claimed")] = await store.claimPartitions([0]);
    expect((await store.commit(batchOf(cursor, { usage: rows }))).ok).toBe(true);
  }

  test("has partitions made ahead of time, once, and moves what came before them", async () => {
    const at = (seq: number, occurredAt: number) => usageOf(customer, seq, { occurredAt });
    await commit([
      at(1, Date.UTC(2026, 8, 1) - 1),
      at(2, Date.UTC(2026, 8, 1)),
      at(3, Date.UTC(2027, 2, 1) - 1),
      at(4, Date.UTC(2027, 2, 1)),
    ]);
    const rows = await rowsOf(postgres.owner);
    expect(await made(now)).toEqual(
      [9, 10, 11, 12, 1, 2].map((month) => nameOf(month < 9 ? 2027 : 2026, month)),
    );
    expect(await made(now)).toEqual([]);
    expect(await rowsOf(postgres.owner)).toEqual(rows);
    expect(await placesOf(postgres.owner)).toEqual({
      usage_events_other: 2,
      usage_events_2026_09: 1,
      usage_events_2027_02: 1,
    });
    expect(await made(Date.UTC(2026, 11, 1))).toEqual(["usage_events_2027_03"]);
    expect(await placesOf(postgres.owner)).toMatchObject({ usage_events_other: 1, usage_events_2027_03: 1 });
    await commit([at(5, now)]);
    expect(await placesOf(postgres.owner)).toMatchObject({ usage_events_2026_11: 1 });
  });

  test("waits for nobody long, and tries again", async () => {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const { promise: locked, resolve: hold } = Promise.withResolvers<void>();
    const holder = postgres.owner.begin(async (tx) => {
      await tx`lock table usage_events_other in row exclusive mode`; // as a commit does
      hold();
      await done;
    });
    await locked;
    const later = Date.UTC(2027, 0, 15);
    expect(await made(later)).toEqual([]);
    finish();
    await holder;
    expect(await made(later)).toEqual(["usage_events_2027_04"]);
  });

  test("leaves a month where it is that would take too long to move", async () => {
    const from = Date.UTC(2028, 5, 1);
    await postgres.owner`
      insert into usage_events (company_id, customer_id, seq, event_id, source, event_type, subscription_id, occurred_at,
        received_at, recorded_at, properties, charge, currency, while_suspended, partition, commit_seq)
      select ${company}, 'cust_many', n, n, '', 'x', 's', ${from}, 0, 0, '{}', 0, 'USD', false, 0, 0
      from generate_series(1, ${limits.usageRowsMovedMax + 1}) n`;
    expect(await made(from)).not.toContain("usage_events_2028_06");
    await postgres.owner`delete from usage_events where customer_id = 'cust_many' and seq = 1`;
    expect(await made(from)).toEqual(["usage_events_2028_06"]);
    expect(await placesOf(postgres.owner)).toMatchObject({ usage_events_2028_06: limits.usageRowsMovedMax });
  });
});

function nameOf(year: number, month: number): string {
  return `usage_events_${year}_${String(month).padStart(2, "0")}`;
}

const columnar = new Map(usageServers).get("tsl") ?? null;
test.skipIf(columnar === null)(
  columnar === null
    ? "unproven: usage kept by column, for want of such a server"
    : "usage kept by column is read, voided and added to like any other",
  async () => {
    await using postgres = await openTestPostgres(columnar ?? "");
    const store = postgresShardStore(postgres.shard);
    const [first = expect.unreachable("not claimed")] = await store.claimPartitions([0]);
    const usage = Array.from({ length: 50 }, (_, n) =>
      usageOf(n % 2 === 0 ? customer : neighbour, n + 1, {
        occurredAt: now - 200 * dayMs + n,
        charge: "0.25",
      }),
    );
    const ids = usage.map((row) => identityOf(row, row.seq));
    const next = await store.commit(batchOf(first, { usage, newIdentities: ids }));
    const packed = await postgres.owner`
      select compress_chunk(c) from show_chunks('usage_events') c`;
    expect(packed).toHaveLength(1);
    const totals = postgresUsageTotals(postgres, postgres.url, "tsl");
    await totals.refresh(now);

    const [, second = expect.unreachable(), third = expect.unreachable()] = usage;
    const late = usageOf(customer, 51, { occurredAt: second.occurredAt + 100 });
    const cursor = next.ok ? next.cursor : expect.unreachable();
    const outcome = await store.commit(batchOf(cursor, { usage: [late], voids: [voidOf(third)] }));
    expect(outcome.ok).toBe(true);
    const kept = [...usage.filter((row) => row.customerId === customer.customerId && row !== third), late];
    expect(await store.usageHistory(customer, "sub_1", 0, now)).toEqual(kept);
    expect((await store.loadActors([neighbour]))[0]?.tail).toHaveLength(25);
    const found = await store.findUsage({ ...customer, digest: identityOf(customer, third.seq).digest });
    expect(found?.usage).toEqual(third);
    await totals.refresh(now);
    const hours = await totals.usageByHour(company, null, 0, now);
    expect(hours.reduce((sum, { events }) => sum + events, 0)).toBe(50);
  },
);
