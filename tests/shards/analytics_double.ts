import { BillingError } from "../../src/errors.ts";
import { add, decimal, formatDecimal, ZERO } from "../../src/money/decimal.ts";
import type { FedUsage, UsageAnalytics } from "../../src/ports/usage_analytics.ts";

const hourMs = 3_600_000;

/** How a call goes wrong: not at all there, or done although the answer is lost. */
export type Fault = "before" | "after";

/** Analytics in memory that keeps the port's promises, and is away when it is told to be. */
export function analyticsDouble() {
  let identity: string | null = null;
  let made = 0;
  let rows = new Map<string, FedUsage>();
  let tokens = new Set<string>();
  let onAppend = async (): Promise<void> => {};
  const faults: Fault[] = [];
  const appended: number[] = [];
  const gone = () => new BillingError("DEP_001", "analytics is away");
  const work = async <T>(done: () => T): Promise<T> => {
    const fault = faults.shift();
    if (fault === "before") throw gone();
    const result = done();
    if (fault === "after") throw gone();
    return result;
  };
  const counting = () => [...rows.values()].filter((row) => !row.voided);
  const analytics: UsageAnalytics = {
    embedded: false,
    prepare: () =>
      work(() => {
        if (identity === null) [rows, tokens] = [new Map(), new Set()];
        identity ??= `tables ${++made}`;
        return identity;
      }),
    identity: () => work(() => identity),
    append: async ({ token, rows: block }) => {
      await onAppend();
      if (identity === null) throw gone();
      return work(() => {
        appended.push(block.length);
        if (tokens.has(token)) return;
        tokens.add(token);
        for (const row of block) {
          const key = `${row.companyId}|${row.customerId}|${row.seq}`;
          const known = rows.get(key);
          const isNewer = known === undefined || row.version > known.version;
          if (isNewer || (row.version === known.version && row.voided)) rows.set(key, row);
        }
      });
    },
    hours: (companyId, from, to) =>
      work(() => {
        const hours = new Map<
          string,
          { hour: number; eventType: string; currency: string; events: number; charge: string }
        >();
        for (const row of counting()) {
          if (row.companyId !== companyId || row.occurredAt < from || row.occurredAt >= to) continue;
          const hour = Math.floor(row.occurredAt / hourMs) * hourMs;
          const name = `${hour}|${row.eventType}|${row.currency}`;
          const known = hours.get(name);
          const charge = add(known === undefined ? ZERO : decimal(known.charge), decimal(row.charge));
          const { eventType, currency } = row;
          hours.set(name, {
            hour,
            eventType,
            currency,
            events: (known?.events ?? 0) + 1,
            charge: formatDecimal(charge),
          });
        }
        return [...hours.values()].toSorted((a, b) => a.hour - b.hour);
      }),
    clear: () =>
      work(() => {
        identity = null;
      }),
    remove: (companyId, from, to) =>
      work(() => {
        for (const [key, row] of rows)
          if (row.companyId === companyId && row.occurredAt >= from && row.occurredAt < to) rows.delete(key);
      }),
    cells: async () => null,
    usagePages: async (places) => places.map(() => []),
    ping: () => work(() => {}),
    describe: async () => "a double",
    close: async () => {},
  };
  return {
    analytics,
    faults,
    appended,
    /** How many rows count. */
    count: () => counting().length,
    /** The rows that count, by customer and number. */
    contents: () =>
      counting()
        .map((row) => `${row.customerId} ${row.seq} ${row.charge}`)
        .toSorted(),
    /** Changes rows behind everybody's back: what `change` answers null for is lost. */
    tamper: (change: (row: FedUsage) => FedUsage | null) => {
      const changed = [...rows].map(([key, row]) => [key, change(row)] as const);
      rows = new Map(changed.filter((entry): entry is [string, FedUsage] => entry[1] !== null));
    },
    /** A row nobody has recorded. */
    invent: (row: FedUsage) => rows.set("invented", row),
    /** Does something before each block is taken in; until it is done nobody gets an answer. */
    beforeAppend: (work: () => Promise<void>) => {
      onAppend = work;
    },
    /** Somebody drops the tables. */
    drop: () => {
      identity = null;
    },
  };
}
