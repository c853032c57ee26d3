import type { Sql } from "postgres";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { centsOf, inCents, type Sum } from "./journal.ts";
import type { Expected } from "./verify_answers.ts";

/** Compares what is stored with what was acknowledged, and looks for traces of two owners. Answers the differences. */
export async function verifyRows(url: string, expected: Expected): Promise<string[]> {
  const sql = connect(url, { role: null, connections: 2 });
  try {
    return [
      ...(await differingUsage(sql, expected)),
      ...(await differingNumbers(sql)),
      ...(await forks(sql)),
      ...(await leftovers(sql)),
    ];
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The usage rows of every customer: as many as were acknowledged, and charged what they cost. */
async function differingUsage(sql: Sql, { world, journal }: Expected): Promise<string[]> {
  const rows = await sql<{ name: string; jobs: number; units: string; ids: number; charge: string }[]>`
    select c.external_id as name, count(*)::int as jobs, count(distinct u.event_id)::int as ids,
      sum((u.properties ->> 'n')::numeric)::text as units, sum(u.charge)::text as charge
    from usage_events u join customers c on c.company_id = u.company_id and c.id = u.customer_id
    where u.voided_at is null group by 1`;
  const stored = new Map(rows.map((row) => [row.name, row]));
  const months = journal.months();
  const wrong: string[] = [];
  for (const customer of [...world.real, ...world.punctual, ...world.late]) {
    const own = [...(months.get(customer)?.values() ?? [])];
    const sum = own.reduce((a: Sum, b) => ({ jobs: a.jobs + b.jobs, units: a.units + b.units }), {
      jobs: 0,
      units: 0,
    });
    const row = stored.get(customer);
    const said = `${row?.jobs ?? 0} jobs of ${row?.ids ?? 0} ids, ${row?.units ?? 0} units`;
    const right = `${sum.jobs} jobs of ${sum.jobs} ids, ${sum.units} units`;
    if (said !== right) wrong.push(`${customer}: stored are ${said}; acknowledged ${right}`);
    // A void changes what other events of its period cost, which is no row of usage.
    if (journal.voidedOf.has(customer)) continue;
    const cents = world.real.includes(customer)
      ? centsOf(sum)
      : own.reduce((all, month) => all + centsOf(month), 0);
    if (inCents(row?.charge ?? "0") !== cents)
      wrong.push(`${customer}: stored charges come to ${row?.charge ?? 0}, not ${cents} cents`);
  }
  return wrong;
}

/** A company has given as many invoice numbers as it has issued invoices. */
async function differingNumbers(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string; next: string; numbered: number; distinct: number }[]>`
    select c.id, c.next_invoice as next, count(i.number)::int as numbered, count(distinct i.number)::int as distinct
    from companies c left join invoices i on i.company_id = c.id group by 1, 2`;
  return rows
    .filter(({ next, numbered, distinct }) => Number(next) !== numbered + 1 || distinct !== numbered)
    .map(
      ({ id, next, numbered, distinct }) =>
        `${id}: ${numbered} invoices, ${distinct} numbers, the next is ${next}`,
    );
}

/**
 * Two owners that both commit would leave one of these: numbers of a customer given twice or left out, numbers that
 * rise while those of the commits fall, commits beyond what the partition's row says, or a partition that a customer
 * is not in.
 */
async function forks(sql: Sql): Promise<string[]> {
  const all = sql`
    select company_id, customer_id, seq, partition, commit_seq from facts
    union all select company_id, customer_id, seq, partition, commit_seq from usage_events`;
  const gaps = await sql<
    { customer_id: string; first: string; last: string; rows: number; distinct: number }[]
  >`
    select customer_id, min(seq) as first, max(seq) as last, count(*)::int as rows, count(distinct seq)::int as distinct
    from (${all}) a group by company_id, customer_id
    having min(seq) <> 1 or max(seq) <> count(*) or count(distinct seq) <> count(*)`;
  const backwards = await sql<{ customer_id: string; seq: string }[]>`
    select customer_id, seq from (
      select customer_id, seq, commit_seq, partition,
        lag(commit_seq) over numbered as before, lag(partition) over numbered as home
      from (${all}) a window numbered as (partition by company_id, customer_id order by seq)) w
    where commit_seq < before or partition <> home limit 20`;
  const beyond = await sql<{ id: number; commit_seq: string; last: string }[]>`
    select p.id, p.commit_seq, max(a.commit_seq) as last from partitions p join (${all}) a on a.partition = p.id
    group by 1, 2 having max(a.commit_seq) > p.commit_seq`;
  return [
    ...gaps.map(
      (row) =>
        `facts of ${row.customer_id}: ${row.first} to ${row.last}, ${row.rows} rows of ${row.distinct} numbers`,
    ),
    ...backwards.map((row) => `fact ${row.seq} of ${row.customer_id} was committed before the one before it`),
    ...beyond.map(
      (row) => `partition ${row.id} stands at ${row.commit_seq} and has rows of commit ${row.last}`,
    ),
  ];
}

/** Nothing that clients sent fits nowhere, and nothing was refused by the ledger. */
async function leftovers(sql: Sql): Promise<string[]> {
  const [found] = await sql<[{ orphans: number; letters: number; refusals: number }]>`
    select (select count(*)::int from orphan_events) as orphans, (select count(*)::int from dead_letters) as letters,
      (select count(*)::int from ledger_refusals) as refusals`;
  const { orphans, letters, refusals } = found;
  const counts = {
    "orphan events": orphans,
    "dead letters": letters,
    "chains refused by the ledger": refusals,
  };
  return Object.entries(counts).flatMap(([what, count]) =>
    count === 0 ? [] : [`there are ${count} ${what}`],
  );
}
