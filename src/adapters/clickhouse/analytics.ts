import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { flatProperties } from "../../metering/flat_properties.ts";
import type { Properties } from "../../metering/property.ts";
import type { UsageCell } from "../../metering/usage_question.ts";
import { add, decimal, formatDecimal } from "../../money/decimal.ts";
import { readJson } from "../../money/json.ts";
import { ratio } from "../../money/ratio.ts";
import type { UsagePlace } from "../../ports/shard_store.ts";
import type { FedUsage, MeasuredUsage, UsageAnalytics } from "../../ports/usage_analytics.ts";
import type { Engine } from "./client.ts";
import { beyondSql, cellsSql } from "./question_sql.ts";
import { isKnownShape, newIdentity, usageTable } from "./tables.ts";

const hourMs = 3_600_000;
const dropped = "drop table if exists usage sync";

interface CellRow {
  readonly start: string;
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
      const known = await made(engine);
      if (isKnownShape(known)) return known;
      await engine.command(dropped);
      return made(engine);
    },
    identity: () => identityOf(engine),
    append: ({ token, rows }) =>
      rows.length === 0 ? Promise.resolve() : engine.insert("usage", inTurns(rows), token),
    async hours(companyId, from, to) {
      const rows = await engine.query<
        Record<"hour" | "event_type" | "currency" | "events" | "whole" | "rest", string>
      >(
        `select intDiv(occurred_at, ${hourMs}) * ${hourMs} - if(occurred_at < 0 and occurred_at % ${hourMs} != 0, ${hourMs}, 0) as hour,
          event_type, currency, count() as events, toString(sum(charge_whole)) as whole,
          toString(sum(charge_rest)) as rest
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
        charge: formatDecimal(add(decimal(row.whole), decimal(row.rest))),
      }));
    },
    async clear() {
      await makeDatabase();
      await engine.command(dropped);
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
      const windows = new Map(question.boundaries.map((boundary, k) => [boundary, k]));
      return rows.map((row) => cellOf(row, windows.get(Number(row.start)) ?? 0));
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

/** Makes the table if it is missing; of several who do so at once, one does. Answers who it is. */
async function made(engine: Engine): Promise<string> {
  await engine.command(usageTable(newIdentity()));
  return (await identityOf(engine)) ?? "";
}

/** Null where there is no table. */
async function identityOf(engine: Engine): Promise<string | null> {
  const [table] = await engine.query<{ comment: string }>(
    "select comment from system.tables where database = currentDatabase() and name = 'usage'",
  );
  return table?.comment ?? null;
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

function cellOf({ groups, events, n, d }: CellRow, window: number): UsageCell {
  const value = d === undefined ? decimal(n) : ratio(decimal(n), decimal(d));
  return { window, group: groups, value, events: Number(events) };
}

/** Rows as they are stored, a few at a time: reading a whole block at once would hold up everything else here. */
async function* inTurns(rows: readonly FedUsage[]): AsyncGenerator<object> {
  for (const [i, row] of rows.entries()) {
    if (i % limits.analyticsRowsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    yield stored(row);
  }
}

function stored(row: FedUsage): object {
  const flat = flatProperties(readJson(row.properties) as Properties);
  // Quantity × conversion × price may have 54 digits before the point and 38 after: more than one column can add up.
  const [whole = "0", rest = "0"] = row.charge.split(".");
  return {
    company_id: row.companyId,
    event_type: row.eventType,
    customer_id: row.customerId,
    occurred_at: row.occurredAt,
    seq: row.seq,
    subscription_id: row.subscriptionId,
    properties: row.properties,
    ...flat,
    charge_whole: whole,
    charge_rest: `${whole.startsWith("-") ? "-" : ""}0.${rest}`,
    currency: row.currency,
    version: 2 * row.version + (row.voided ? 1 : 0), // one commit may do both
    voided: row.voided ? 1 : 0,
  };
}
