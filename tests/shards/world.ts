import type { Services } from "../../shards/services.ts";
import { wire } from "../../shards/wiring.ts";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import type { UsageEvent } from "../../src/metering/usage_event.ts";
import { decimal } from "../../src/money/decimal.ts";
import { formatExact } from "../../src/money/ratio.ts";
import { everyPartition } from "../../src/partitioning.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import { expectSoundLedger } from "../ledger/sound.ts";
import { openTestPostgres } from "../postgres.ts";

/** On a TigerBeetle that is given one no run before has used, for its accounts are there for ever. */
export const COMPANY =
  process.env.TIGERBEETLE_ADDRESSES === undefined ? "co_test" : `co_${crypto.randomUUID()}`;

/** A store and a log that outlive the processes a test starts on them. */
export async function openWorld(log: EventLog = openMemoryEventLog(limits.partitions)) {
  const database = await openTestPostgres();
  await database.owner`insert into companies (id, name, created_at, updated_at) values (${COMPANY}, 'Test', 0, 0)`;
  const running = new Set<() => Promise<void>>();
  return {
    database,
    log,
    /**
     * Starts the shard as a fresh process would, on what is stored; what `remoteLedger` posts is not in the store, and
     * `onLog` stands for the log.
     */
    async start(remoteLedger: Ledger | null = null, onLog: EventLog = log) {
      const fenced = Promise.withResolvers<number>();
      const warnings: string[] = [];
      const { services, close } = await wire(
        onLog,
        { ...database, embedded: true, migrated: [] },
        (partition) => fenced.resolve(partition),
        (line) => warnings.push(line),
        { ledger: remoteLedger },
      );
      await services.testClocks.load();
      try {
        await services.shard.start();
        await services.shard.own(everyPartition);
      } catch (error) {
        await close();
        throw error;
      }
      const stop = async () => {
        running.delete(stop);
        await services.shard.stop();
        await services.ledgerPublisher?.drain();
        await expectSoundLedger(services);
        await close();
      };
      running.add(stop);
      return { services, fenced: fenced.promise, warnings, stop };
    },
    async close() {
      for (const stop of running) await stop();
      await log.close();
      await database.close();
    },
  };
}

/** A plan with a base fee of 20 and calls at 0.5 each, and customers subscribed to it. */
export async function seed(services: Services, customers: readonly string[]): Promise<Map<string, string>> {
  const row = (kind: "metric" | "price" | "plan", id: string, body: object) => {
    return {
      kind,
      id,
      version: 1,
      key: id,
      body: { key: id, name: id, ...body },
      created_at: 0,
      archived: false,
    };
  };
  const price = { currency: "USD", interval: "month", interval_count: 1 };
  await services.catalogs.create(
    COMPANY,
    [
      row("metric", "calls", { event_type: "call", aggregation: "count" }),
      row("price", "base", { ...price, model: "flat", amount: "20" }),
      row("price", "per_call", { ...price, model: "per_unit", metric_id: "calls", unit_amount: "0.5" }),
      row("plan", "pro", {
        currency: "USD",
        prices: [
          { id: "base", version: 1 },
          { id: "per_call", version: 1 },
        ],
      }),
    ],
    null,
  );
  await services.companies.refresh(COMPANY);
  const ids = new Map<string, string>();
  for (const external_id of customers) ids.set(external_id, await subscribe(services, external_id));
  return ids;
}

/** Creates a customer on the plan; answers its id. */
export async function subscribe(services: Services, external_id: string): Promise<string> {
  const customerId = services.ids.next("cust");
  const key = { companyId: COMPANY, customerId };
  await services.shard.send(key, {
    type: "create_customer",
    customerId,
    input: { name: external_id, external_id },
  });
  await services.shard.send(key, {
    type: "start_subscription",
    id: services.ids.next("sub"),
    externalId: null,
    planId: "pro",
    start: null,
    anchor: "anniversary",
    metadata: {},
  });
  return customerId;
}

export function call(customer_id: string, event_id: string, properties: Record<string, unknown> = {}) {
  const event: UsageEvent = { event_id, event_type: "call", customer_id, properties };
  return { event };
}

/** Usage charges of a customer's open period, as committed. */
export async function usageOf(services: Services, customerId: string): Promise<string> {
  const read = services.shard.send(
    { companyId: COMPANY, customerId },
    {
      type: "read",
      read: (state) => formatExact(state.subscriptions[0]?.periods[0]?.usage ?? decimal("-1")),
    },
  );
  return String(await read);
}
