// How soon questions of a dashboard are answered over ten million events, beside the same questions to Postgres.
import type { Sql } from "postgres";
import { openChdb } from "../src/adapters/clickhouse/open.ts";
import { connect } from "../src/adapters/postgres/pool.ts";
import type { UsageCell, UsageQuestion } from "../src/metering/usage_question.ts";
import { decimal, formatDecimal } from "../src/money/decimal.ts";
import { formatExact } from "../src/money/ratio.ts";
import type { UsageAnalytics } from "../src/ports/usage_analytics.ts";
import { Bench, progress, type Subject } from "./harness.ts";
import { openDatabases } from "./world/databases.ts";

const events = 10_000_000;
/** Each of so many differs; those after them repeat them at later times. */
const alike = 200_000;
const block = 50_000;
const customers = 1000;
const models = 7;
const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const days = 28;
const spanMs = days * 24 * hourMs;
/** Milliseconds between two events. */
const everyMs = Math.floor(spanMs / events);

const bench = new Bench(
  "analytics",
  "How soon is a dashboard's question answered over ten million events of one company?",
);
async function compare(analytics: UsageAnalytics): Promise<void> {
  const sql = connect(await databases.fresh("analytics"), { role: null, connections: 1 });
  await sql.unsafe(`
    create table events (
      company_id text not null, event_type text not null, customer_id text not null, occurred_at bigint not null,
      seq bigint not null, properties jsonb not null)`);
  await analytics.prepare();
  const startedAt = performance.now();
  for (let from = 0; from < alike; from += block)
    await analytics.append({
      token: `bench-${from}`,
      rows: Array.from({ length: block }, (_, k) => rowOf(from + k)),
    });
  bench.add("fed to analytics", "events/s", [alike / ((performance.now() - startedAt) / 1000)]);
  progress("analytics: ten million events for Postgres, and as many for chDB meanwhile");
  const filled = fillPostgres(sql);
  const { Session } = await import("chdb"); // not on every machine
  const session = new Session(folder);
  for (let from = alike; from < events; from += alike)
    session.query(`
      insert into usage select * replace (seq + ${from} as seq, occurred_at + ${from * everyMs} as occurred_at)
      from (select * from usage where seq < ${alike})`); // apart: where would see the new seq
  await filled;
  const asFed = (): Promise<number> => timed(() => analytics.cells(byDay.question));
  await bench.compare(
    [{ name: `analytics, ${byDay.title}, fed just now`, unit: "ms", measure: asFed }],
    20,
    5,
  );
  progress("analytics: one piece of a month");
  session.query("optimize table usage final");
  for (const { title, question, text } of dashboards) {
    const ours = new Set<string>();
    const theirs = new Set<string>();
    const subjects: Subject[] = [
      {
        name: `analytics, ${title}`,
        unit: "ms",
        measure: () => timed(async () => ours.add(told(await analytics.cells(question)))),
      },
      {
        name: `Postgres, ${title}`,
        unit: "ms",
        measure: () => timed(async () => theirs.add(toldRows(await sql.unsafe(text)))),
      },
    ];
    await bench.compare(subjects, 20, 5);
    if (ours.size !== 1 || [...ours][0] !== [...theirs].join())
      throw new Error(`${title}: the answers differ`);
    bench.ratio(`Postgres to analytics, ${title}`, `Postgres, ${title}`, `analytics, ${title}`, {
      atLeast: 10,
    });
  }
  bench.note(
    "Analytics has merged the month into one piece, as it does by itself when nothing has been added for an hour.",
  );
  bench.note(
    `${await analytics.describe()}; ${customers} customers, ${models} models, ${days} days. The answers are compared.`,
  );
  bench.plot(
    "Milliseconds until a question is answered",
    dashboards.flatMap(({ title }) => [`analytics, ${title}`, `Postgres, ${title}`]),
  );
  await sql.end({ timeout: 5 });
}

async function fillPostgres(sql: Sql): Promise<void> {
  await sql.unsafe(`
    insert into events
    select 'co_1', 'llm', 'cust_' || i % ${alike} % ${customers}, ${start} + i::bigint * ${everyMs}, i,
      jsonb_build_object('n', i % ${alike} % 97 + 1, 'model', 'model-' || i % ${alike} % ${models})
    from generate_series(0, ${events - 1}) i`);
  await sql.unsafe("create index on events (company_id, event_type, occurred_at)");
  await sql.unsafe("vacuum analyze events");
}

function rowOf(i: number) {
  return {
    companyId: "co_1",
    customerId: `cust_${i % customers}`,
    seq: i,
    subscriptionId: "sub_1",
    eventType: "llm",
    occurredAt: start + i * everyMs,
    properties: `{"n":${(i % 97) + 1},"model":"model-${i % models}"}`,
    charge: "0.01",
    currency: "USD",
    version: 1,
    voided: false,
  };
}

interface Dashboard {
  readonly title: string;
  readonly question: UsageQuestion;
  /** The same for Postgres: window, group, value, events. */
  readonly text: string;
}

function dashboard(
  title: string,
  windowMs: number,
  more: Pick<UsageQuestion, "aggregation" | "field" | "groupBy"> & Partial<UsageQuestion>,
  [value, group, where]: readonly [value: string, group: string, where: string],
): Dashboard {
  const count = Math.round(spanMs / windowMs);
  const question: UsageQuestion = {
    companyId: "co_1",
    customerIds: null,
    subscriptionIds: null,
    eventTypes: ["llm"],
    filters: [],
    percentile: null,
    textFields: [],
    boundaries: Array.from({ length: count + 1 }, (_, k) => start + k * windowMs),
    ...more,
  };
  const text = `
    select (occurred_at - ${start}) / ${windowMs} as "window", ${group} as "group", ${value}::text as value,
      count(*)::int as events
    from events
    where company_id = 'co_1' and event_type = 'llm' and occurred_at >= ${start} and occurred_at < ${start + spanMs} ${where}
    group by 1, 2`;
  return { title, question, text };
}

const units = { aggregation: "sum", field: "n" } as const;
const summed = "sum((properties->>'n')::numeric)";
const dayMs = 24 * hourMs;
const byDay = dashboard("units by day", dayMs, { ...units, groupBy: [] }, [summed, "''", ""]);
const dashboards = [
  byDay,
  dashboard("units by customer", spanMs, { ...units, groupBy: [{ by: "customer" }] }, [
    summed,
    "customer_id",
    "",
  ]),
  dashboard(
    "events by hour and model",
    hourMs,
    { aggregation: "count", field: null, groupBy: [{ by: "property", field: "model" }] },
    ["count(*)", "properties->>'model'", ""],
  ),
  dashboard("units of one customer by day", dayMs, { ...units, groupBy: [], customerIds: ["cust_7"] }, [
    summed,
    "''",
    "and customer_id = 'cust_7'",
  ]),
];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The cells as text, for comparison. */
function told(cells: readonly UsageCell[] | null): string {
  const lines = (cells ?? []).map(({ window, group, value, events }) => {
    return [window, group[0] ?? "", formatExact(value), events].join(" ");
  });
  return lines.toSorted().join("\n");
}

function toldRows(rows: readonly object[]): string {
  const lines = (rows as { window: number; group: string; value: string; events: number }[]).map((row) => {
    return [row.window, row.group, formatDecimal(decimal(row.value)), row.events].join(" ");
  });
  return lines.toSorted().join("\n");
}

const databases = await openDatabases();
const folder = databases.folder("chdb");
const analytics = openChdb(folder);
try {
  if (analytics === null) bench.unmeasured("Postgres to analytics", "chDB is not installed");
  else await compare(analytics);
} finally {
  await analytics?.close();
  await databases.close();
}
await bench.finish();
process.exit(0); // chDB keeps threads
