import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { flatProperties } from "../../metering/flat_properties.ts";
import type { Properties } from "../../metering/property.ts";
import type { UsageCell } from "../../metering/usage_question.ts";
import { decimal } from "../../money/decimal.ts";
import { readJson } from "../../money/json.ts";
import { ratio } from "../../money/ratio.ts";
import type { UsagePlace } from "../../ports/shard_store.ts";
import type { FedUsage, MeasuredUsage, UsageAnalytics } from "../../ports/usage_analytics.ts";
import type { Engine } from "./client.ts";
import { beyondSql, cellsSql } from "./question_sql.ts";
import { tables } from "./tables.ts";

const hourMs = 3_600_000;

interface CellRow {
  readonly window: string;
  readonly groups: readonly (string | null)[];
  readonly events: string;
  readonly n: string;
  readonly d?: string;
}

/** What differs between a server and chDB. */
interface Place {
  readonly embedded: boolean;
  readonly what: string;
  makeDatabase(): Promise<void>;
  closeOthers(): Promise<void>;
}

/** Analytics in ClickHouse. */
export function clickHouseAnalytics(
  engine: Engine,
  { embedded, what, makeDatabase, closeOthers }: Place,
): UsageAnalytics {
  return {
    embedded,
    async prepare() {
      await makeDatabase();
      const [found] = await engine.query<{ n: string }>(
        "select count() as n from system.tables where database = currentDatabase() and name in ('usage', 'identity')",
      );
      // Of tables one of which was lost the other says nothing any more.
      if (found?.n !== "2") await dropAll(engine);
      for (const table of tables) await engine.command(table);
      const known = await identityOf(engine);
      if (known !== null) return known;
      const id = crypto.randomUUID();
      await engine.insert("identity", [{ id }], id);
      return (await identityOf(engine)) ?? id;
    },
    identity: () => identityOf(engine),
    append: ({ token, rows }) =>
      rows.length === 0 ? Promise.resolve() : engine.insert("usage", rows.map(stored), token),
    async hours(companyId, from, to) {
      const rows = await engine.query<Record<"hour" | "event_type" | "currency" | "events" | "sum", string>>(
        `select intDiv(occurred_at, ${hourMs}) * ${hourMs} - if(occurred_at < 0 and occurred_at % ${hourMs} != 0, ${hourMs}, 0) as hour,
          event_type, currency, count() as events, toString(sum(charge)) as sum
        from usage final
        where company_id = {company:String} and occurred_at >= {from:Int64} and occurred_at < {to:Int64}
        group by hour, event_type, currency order by hour, event_type, currency`,
        { company: companyId, from, to },
      );
      return rows.map((row) => ({
        hour: Number(row.hour),
        eventType: row.event_type,
        currency: row.currency,
        events: Number(row.events),
        charge: row.sum,
      }));
    },
    async clear() {
      await makeDatabase();
      await dropAll(engine);
    },
    async remove(companyId, from, to) {
      await engine.command(
        `delete from usage where company_id = {company:String} and occurred_at >= {from:Int64} and occurred_at < {to:Int64}`,
        { company: companyId, from, to },
      );
    },
    async cells(question) {
      const beyond = beyondSql(question);
      if (beyond !== null) {
        const [found] = await engine.query<{ events: string }>(beyond.text, beyond.params);
        if (found?.events !== "0") return null;
      }
      const { text, params } = cellsSql(question);
      const rows = await engine.query<CellRow>(text, params);
      if (rows.length > limits.reportCellsMax) {
        throw new BillingError("RES_002", `These are more than ${limits.reportCellsMax} rows; ask for less`);
      }
      return rows.map(cellOf);
    },
    usagePages: (places, limit) => Promise.all(places.map((place) => readPage(engine, place, limit))),
    ping: async () => {
      await engine.query("select 1");
    },
    async describe() {
      const [row] = await engine.query<{ version: string }>("select version() as version");
      return `${what} ${row?.version}`;
    },
    async close() {
      await engine.close();
      await closeOthers();
    },
  };
}

/** Who they are goes first: where that is still there, so is what was in them. */
async function dropAll(engine: Engine): Promise<void> {
  for (const name of ["identity", "usage"]) await engine.command(`drop table if exists ${name} sync`);
}

/** Null where nobody has named them yet. */
async function identityOf(engine: Engine): Promise<string | null> {
  const [first] = await engine.query<{ id: string }>("select id from identity order by id limit 1");
  return first?.id ?? null;
}

async function readPage(engine: Engine, place: UsagePlace, limit: number): Promise<MeasuredUsage[]> {
  const { companyId, customerId, subscriptionId, from, to, after } = place;
  const rows = await engine.query<Record<"seq" | "event_type" | "occurred_at" | "properties", string>>(
    `select seq, event_type, occurred_at, properties from usage final
    where company_id = {company:String} and customer_id = {customer:String} and subscription_id = {subscription:String}
      and occurred_at >= {from:Int64} and occurred_at < {to:Int64}
      ${after === null ? "" : "and (occurred_at, seq) > ({at:Int64}, {seq:UInt64})"}
    order by occurred_at, seq limit {limit:UInt64}`,
    {
      ...{ company: companyId, customer: customerId, subscription: subscriptionId, from, to, limit },
      ...(after === null ? {} : { at: after.occurredAt, seq: after.seq }),
    },
  );
  return rows.map((row) => ({
    seq: Number(row.seq),
    eventType: row.event_type,
    occurredAt: Number(row.occurred_at),
    properties: row.properties,
  }));
}

function cellOf({ window, groups, events, n, d }: CellRow): UsageCell {
  const value = d === undefined ? decimal(n) : ratio(decimal(n), decimal(d));
  return { window: Number(window), group: groups, value, events: Number(events) };
}

function stored(row: FedUsage): object {
  const flat = flatProperties(readJson(row.properties) as Properties);
  return {
    company_id: row.companyId,
    event_type: row.eventType,
    customer_id: row.customerId,
    occurred_at: row.occurredAt,
    seq: row.seq,
    subscription_id: row.subscriptionId,
    properties: row.properties,
    ...flat,
    charge: row.charge,
    currency: row.currency,
    version: 2 * row.version + (row.voided ? 1 : 0), // one commit may do both
    voided: row.voided ? 1 : 0,
  };
}
